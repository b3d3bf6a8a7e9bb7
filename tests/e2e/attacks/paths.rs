//! Ids in paths that nobody has, of any length and of any characters.

use serde_json::json;

use super::{Attacked, MARK};

/// Segments of a path, as a client would encode them.
fn odd() -> Vec<String> {
    let long = [2, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1_000, 1_024, 1_025, 2_048, 5_000];
    let long = long.into_iter().map(|length| "z".repeat(length));
    let odd = [
        "z",
        MARK,
        "%00",
        "%0D%0ASet-Cookie:z=1",
        "..%2F..%2Fetc",
        "%2e%2e",
        "%E2%80%AE",
        "%F0%9F%98%80",
        "%ff%fe",
        "%25",
        "%23",
        "%3Cscript%3E",
        "'%20OR%201=1--",
        "ACCOUNT%23acme",
        "$%7Bjndi:z%7D",
    ];
    long.chain(odd.map(str::to_owned)).collect()
}

/// Goal: a read of an id that nobody has is 404, whatever the id; a write of one is refused;
/// nothing is an error of ours.
#[tokio::test]
async fn ids_of_any_length_are_unknown() {
    let attacked = Attacked::new().await;
    let mut tried = 0;
    for (route, _) in attacked.operations() {
        let (method, template) = route.split_once(' ').unwrap();
        let names = template.split('/').filter(|it| it.starts_with('{'));
        for attacked_name in names {
            for id in odd() {
                let path = template.split('/').map(|segment| match segment {
                    _ if segment == attacked_name => id.as_str(),
                    "{id}" => "acme",
                    _ if segment.starts_with('{') => "nothing",
                    _ => segment,
                });
                let path: Vec<&str> = path.collect();
                let query = if template.ends_with("/explain") { "?field=state" } else { "" };
                let path = format!("{}{query}", path.join("/"));

                let (status, answer) = attacked.ask(&route, &path, b"{}").await;

                let code = answer["code"].as_str().unwrap_or_default();
                let shown: String = path.chars().take(120).collect();
                if method == "GET" {
                    assert_eq!((status, code), (404, "not_found"), "{route} {shown}: {answer}");
                } else {
                    let is_refused = [204, 404, 409, 422].contains(&status);
                    assert!(is_refused, "{route} {shown}: {status} {answer}");
                }
                assert!(answer.to_string().len() < 3_000, "{route} repeats {answer}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
    let (_, acme) = attacked.ask("GET /v1/accounts/{id}", "/v1/accounts/acme", b"").await;
    assert_eq!(acme["state"], json!("active"));
    attacked.logged_nothing();
}
