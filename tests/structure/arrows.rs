//! The arrows between crates (ARCHITECTURE.md): functions, use cases, adapters, rules.
//!
//! A crate's place follows from its folder: `shared/<name>` has a layer of its own here, everything
//! in `shared/commands/` is a use case of one area, everything in `functions/` is on top.

use crate::crates::Crate;
use crate::{crates, hold};

/// Layers of shared/ from the bottom. A crate may use those of every layer below its own.
const LAYERS: [&[&str]; 7] = [
    &["catalog", "billing"],
    &["invocation", "mails"],
    &["store", "stripe-wire", "stripe-requests", "queue", "runtime", "mailer"],
    &["stripe-client", "webhook-sender"],
    &["apply", "credit-payments"],
    &["stripe-sync", "auth"],
    &["forecast"],
];
/// How many layers hold no use case: what they do is counted where they are called.
const LAYERS_WITHOUT_USE_CASES: usize = 3;
/// Crates that stand beside the layers: only functions, and those that name them, may use them.
///
/// `worker` walks the index (`store`) into messages (`queue`), and judges errors by their class
/// (`invocation`). It needs no `runtime`: the names of alarms are passed in. `views` prices what it
/// shows by the catalog.
const BESIDE: [(&str, &[&str]); 5] = [
    ("views", &["catalog", "billing"]),
    ("messages", &["billing"]),
    ("pages", &["views", "messages", "catalog", "billing"]),
    ("worker", &["store", "queue", "invocation", "billing"]),
    ("http", &["runtime", "invocation", "catalog", "billing"]),
];
/// Arrows within a layer.
const WITHIN: [(&str, &str); 2] = [("catalog", "billing"), ("credit-payments", "apply")];
/// The folder of the crates that hold the use cases of one area each.
const COMMANDS: &str = "shared/commands/";

/// Where a crate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In this layer of shared/.
    Layer(usize),
    /// In shared/commands.
    Commands,
    /// In shared/, beside the layers: in this row.
    Beside(usize),
    /// In functions/.
    Function,
    /// A Stripe of its own.
    Simulator,
    /// Local mode, which runs the functions, or tests, which look at everything.
    Whole,
}

fn place(it: &Crate) -> Option<Place> {
    let folder = it.folder.as_str();
    if let Some(name) = folder.strip_prefix(COMMANDS) {
        return (!name.contains('/')).then_some(Place::Commands);
    }
    if folder.starts_with("functions/") {
        return Some(Place::Function);
    }
    match folder {
        "tests" | "infra/local" => return Some(Place::Whole),
        "infra/local/stripe" => return Some(Place::Simulator),
        _ => {}
    }
    let name = folder.strip_prefix("shared/").filter(|name| *name == it.name)?;
    let layer = LAYERS.iter().position(|layer| layer.contains(&name)).map(Place::Layer);
    layer.or_else(|| BESIDE.iter().position(|(known, _)| *known == name).map(Place::Beside))
}

/// True if a crate holds use cases, or parts of them: what its code does counts for the functions
/// that call it.
pub fn has_use_cases(it: &Crate) -> bool {
    match place(it) {
        Some(Place::Layer(layer)) => layer >= LAYERS_WITHOUT_USE_CASES,
        Some(Place::Commands | Place::Beside(_)) => true,
        Some(Place::Function | Place::Simulator | Place::Whole) | None => false,
    }
}

/// True if a crate in one place may use another in its place.
fn may_use(from: (&Crate, Place), to: (&Crate, Place)) -> bool {
    let within = WITHIN.contains(&(from.0.name.as_str(), to.0.name.as_str()));
    match (from.1, to.1) {
        (Place::Whole, _) => to.0.folder != "tests",
        (Place::Function, Place::Layer(_) | Place::Commands | Place::Beside(_))
        | (Place::Commands, Place::Layer(_)) => true,
        (Place::Layer(upper), Place::Layer(lower)) => lower < upper || within,
        (Place::Beside(row), _) => {
            BESIDE.get(row).is_some_and(|(_, may)| may.contains(&to.0.name.as_str()))
        }
        (Place::Simulator, _) => ["stripe-wire", "billing"].contains(&to.0.name.as_str()),
        (Place::Function | Place::Commands | Place::Layer(_), _) => false,
    }
}

fn complaints(crates: &[Crate]) -> Vec<String> {
    let mut complaints = Vec::new();
    for it in crates {
        let Some(from) = place(it) else {
            let (name, folder) = (&it.name, &it.folder);
            complaints.push(format!(
                "it is not known what `{name}` ({folder}) may use: give it a place in {}",
                file!()
            ));
            continue;
        };
        let used = crates.iter().filter(|other| it.uses.contains(&other.name));
        let placed = used.filter_map(|other| Some((other, place(other)?)));
        let wrong = placed.filter(|to| !may_use((it, from), *to));
        complaints.extend(wrong.map(|(other, to)| {
            format!(
                "`{}` ({from:?}) uses `{}` ({to:?}): arrows point down, so let them meet in a \
                 crate above both",
                it.name, other.name
            )
        }));
    }
    complaints
}

/// Goal: arrows between our crates point down only, and adapters never know each other.
#[test]
fn arrows_point_down() {
    let crates = crates::ours();
    let folders: Vec<&str> = crates.iter().map(|it| it.folder.as_str()).collect();
    assert!(folders.contains(&"shared/billing") && folders.contains(&"tests"), "{folders:?}");
    hold(&complaints(crates));
}

fn of(folder: &str, name: &str, uses: &[&str]) -> Crate {
    Crate {
        folder: folder.to_owned(),
        name: name.to_owned(),
        uses: uses.iter().map(|&used| used.to_owned()).collect(),
        stands_on: Vec::new(),
    }
}

#[test]
fn a_wrong_arrow_is_found() {
    let all = || {
        vec![
            of("shared/billing", "billing", &[]),
            of("shared/catalog", "catalog", &["billing"]),
            of("shared/invocation", "invocation", &["billing"]),
            of("shared/store", "store", &["invocation", "billing"]),
            of("shared/queue", "queue", &["billing"]),
            of("shared/runtime", "runtime", &["invocation", "billing"]),
            of("shared/stripe-wire", "stripe-wire", &["billing"]),
            of("shared/stripe-client", "stripe-client", &["store", "runtime"]),
            of("shared/apply", "apply", &["stripe-client", "store", "billing"]),
            of("shared/credit-payments", "credit-payments", &["apply", "store"]),
            of("shared/auth", "auth", &["store", "runtime"]),
            of("shared/commands/plans", "plans-commands", &["auth", "apply", "store"]),
            of("shared/commands/usage", "usage-commands", &["store", "billing"]),
            of("shared/views", "views", &["catalog", "billing"]),
            of("shared/worker", "worker", &["store", "queue", "invocation"]),
            of("functions/plans", "plans", &["plans-commands", "views", "worker", "store"]),
            of("functions/usage", "usage", &["usage-commands", "billing"]),
            of("infra/local/stripe", "stripe-simulator", &["stripe-wire"]),
            of("infra/local", "local", &["plans", "store"]),
            of("tests", "tests", &["local", "billing"]),
        ]
    };
    assert_eq!(complaints(&all()), Vec::<String>::new());
    let wrong = [
        ("billing", "runtime"),
        ("billing", "catalog"),
        ("invocation", "store"),
        ("store", "queue"),
        ("stripe-client", "apply"),
        ("apply", "credit-payments"),
        ("apply", "auth"),
        ("auth", "plans-commands"),
        ("plans-commands", "usage-commands"),
        ("plans-commands", "views"),
        ("plans-commands", "plans"),
        ("views", "store"),
        ("worker", "plans-commands"),
        ("worker", "runtime"),
        ("plans", "usage"),
        ("plans", "local"),
        ("stripe-simulator", "store"),
        ("local", "tests"),
    ];
    for (from, to) in wrong {
        let mut crates = all();
        let it = crates.iter_mut().find(|it| it.name == from).expect("one of these");
        it.uses.push(to.to_owned());
        assert_eq!(complaints(&crates).len(), 1, "{from} uses {to}");
    }
    assert_eq!(complaints(&[of("shared/new", "new", &[])]).len(), 1);
    assert_eq!(complaints(&[of("shared/store/inner", "store", &[])]).len(), 1);
    assert!(has_use_cases(&of("shared/commands/plans", "plans-commands", &[])));
    assert!(!has_use_cases(&of("shared/store", "store", &[])));
}
