//! The command line.

use std::path::PathBuf;

use billing::time::Timestamp;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use local::push::Push;
use local::send::Letters;
use local::{Options, PORT, Ports};

/// What was asked for.
pub enum Asked {
    /// Run until it is stopped.
    Run(Box<Options>),
    /// Send event files.
    Send(Letters),
    /// Make a key for a deployed stack.
    Key(KeyAsked),
    /// Put what is sold into a Stripe.
    Push(Push),
}

/// A key to make.
pub struct KeyAsked {
    /// `vendor`, `staff` or `account`.
    pub scope: String,
    /// Label of the key, or name of the person that it belongs to.
    pub name: Option<String>,
    /// The account's id.
    pub account: Option<String>,
    /// Its role.
    pub role: Option<String>,
}

/// Reads the process's arguments; ends the process with help where they are wrong.
pub fn read() -> Asked {
    of(&command().get_matches())
}

fn of(matches: &ArgMatches) -> Asked {
    match matches.subcommand() {
        Some(("send", matches)) => Asked::Send(Letters {
            files: matches.get_many("files").into_iter().flatten().cloned().collect(),
            copies: matches.get_one("duplicate").copied().unwrap_or(1),
            shuffle: matches.get_one("shuffle").copied(),
            url: text(matches, "url").unwrap_or_else(|| format!("http://127.0.0.1:{PORT}")),
            secret: text(matches, "secret"),
        }),
        Some(("key", matches)) => Asked::Key(KeyAsked {
            scope: text(matches, "scope").unwrap_or_default(),
            name: text(matches, "name"),
            account: text(matches, "account"),
            role: text(matches, "role"),
        }),
        Some(("catalog", matches)) => {
            let matches = matches.subcommand_matches("push").unwrap_or(matches);
            Asked::Push(Push {
                url: text(matches, "url"),
                live: matches.get_flag("live"),
                dry_run: matches.get_flag("dry-run"),
            })
        }
        _ => Asked::Run(Box::new(Options {
            clock: matches.get_one("clock").copied(),
            seed: matches.get_one("seed").copied(),
            ports: ports(matches.get_one("port").copied()),
            demo: !matches.get_flag("empty"),
            data: matches.get_one("data").cloned(),
            template: None,
            fires_idle: false,
            catalog: None,
        })),
    }
}

fn ports(first: Option<u16>) -> Ports {
    match first {
        Some(0) => Ports::Free,
        first => Ports::From(first.unwrap_or(PORT)),
    }
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn command() -> Command {
    Command::new("local")
        .about("The whole cloud in one process, wired from template.yaml.")
        .arg(port())
        .arg(
            Arg::new("clock")
                .long("clock")
                .value_name("RFC3339")
                .value_parser(|text: &str| Timestamp::parse(text))
                .help("Starts the clock here and freezes it; it moves from the control page"),
        )
        .arg(
            Arg::new("data")
                .long("data")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help(
                    "Keeps the world in this directory, and goes on from there at the next start \
                     [default: in memory]",
                ),
        )
        .arg(
            Arg::new("empty")
                .long("empty")
                .action(ArgAction::SetTrue)
                .help("Makes no demo accounts"),
        )
        .arg(seed("seed", "Draws keys and ids from this seed: the same seed, the same keys"))
        .subcommand(send_command())
        .subcommand(key_command())
        .subcommand(catalog_command())
}

fn send_command() -> Command {
    Command::new("send")
        .about("Signs event files and posts them; a file holds one event or a list of events.")
        .arg(
            Arg::new("files")
                .value_name("FILE")
                .num_args(1..)
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("duplicate")
                .long("duplicate")
                .value_name("N")
                .value_parser(value_parser!(usize))
                .help("Sends each event so many times"),
        )
        .arg(seed("shuffle", "Sends them in an order that this seed fixes"))
        .arg(
            Arg::new("url")
                .long("url")
                .value_name("URL")
                .help("Where the gateway is [default: the one on port 3000]"),
        )
        .arg(
            Arg::new("secret")
                .long("secret")
                .value_name("WHSEC")
                .help("What to sign with [default: the running instance's secret]"),
        )
}

fn key_command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("key")
        .about("Makes an API key for a deployed stack, and the item that lets it in.")
        .arg(Arg::new("scope").required(true).value_parser(["vendor", "staff", "account"]))
        .arg(option("name", "NAME", "The key's label; of a staff key, its person"))
        .arg(option("account", "ID", "The account that the key is for"))
        .arg(option(
            "role",
            "ROLE",
            "account_administrator, finance or member; of staff: support or billing",
        ))
}

fn catalog_command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let push = Command::new("push")
        .about("Makes Stripe sell what infra/catalog.toml says; what it did before, it does not do again.")
        .after_help("The key is read from the environment variable STRIPE_SECRET_KEY.")
        .arg(flag("dry-run", "Only tells what would be done"))
        .arg(flag("live", "Allows a live key: what is really sold changes"))
        .arg(
            Arg::new("url")
                .long("url")
                .value_name("URL")
                .help("Where Stripe's API is, such as https://api.stripe.com [default: the simulator on port 3001]"),
        );
    Command::new("catalog")
        .about("What is sold.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(push)
}

fn port() -> Arg {
    Arg::new("port").long("port").value_name("PORT").value_parser(value_parser!(u16)).help(
        "The gateway's port [default: 3000]; the others follow it, and one in use is an error. 0 is \
         any free ones",
    )
}

fn seed(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("SEED").value_parser(value_parser!(u64)).help(help)
}
