//! The ports of local mode, as a page in a browser finds them (XG2, XI3), and events that are not
//! for this stack (XG9).

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};

use local::{Options, Ports, start};
use serde_json::json;

use crate::stripe::Invoice;
use crate::world::{NOW, cloud, cloud_of_stripe_account, open_account, post};

/// Answer of a port to a request with those headers: its status, and all of it.
async fn knock(url: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let address = url.trim_start_matches("http://").to_owned();
    let mut request = "POST / HTTP/1.1\r\n".to_owned();
    if headers.iter().all(|(name, _)| *name != "host") {
        write!(request, "host: {address}\r\n").unwrap();
    }
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    request.push_str("content-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n");
    request.push_str("connection: close\r\n\r\n{}");

    let exchange = move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = tokio::task::spawn_blocking(exchange).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or(0), answer.to_lowercase())
}

/// Goal: no page from elsewhere reaches any port, neither by its own name nor through one that
/// points here, and none is invited.
#[tokio::test]
async fn no_page_from_elsewhere_reaches_a_port() {
    let cloud = cloud().await;
    let secrets = cloud.information()["secrets_manager"].as_str().map(str::to_owned);
    let ports = [
        Some(cloud.gateway_url().to_owned()),
        Some(cloud.stripe_url().to_owned()),
        Some(cloud.dynamodb_url().to_owned()),
        Some(cloud.sqs_url().to_owned()),
        secrets,
    ];
    for port in ports {
        let port = port.expect("an address");
        let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
        for from in
            [("origin", "https://evil.example"), ("origin", "null"), ("host", "evil.example")]
        {
            let (status, answer) = knock(&port, &[target, from]).await;
            assert_eq!(status, 403, "{port} to {from:?}");
            assert!(!answer.contains("access-control-allow-origin"), "{port}");
        }
        let (status, answer) = knock(&port, &[target, ("origin", "http://localhost:8080")]).await;
        assert_ne!(status, 403, "{port}");
        assert!(!answer.contains("access-control-allow-origin"), "{port}");
    }
}

/// Goal: a port in use is an error that names it, and nothing else is taken instead.
#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let options = Options { ports: Ports::From(port), ..Options::default() };

    let error = Box::pin(start(options)).await.unwrap_err().to_string();

    assert!(error.contains(&format!("port {port} is in use")), "{error}");
}

/// Goal: a stack of a connected account takes that account's events, and neither another's nor the
/// platform's own.
#[tokio::test]
async fn only_the_connected_accounts_events_are_taken() {
    let cloud = cloud_of_stripe_account("acct_own").await;
    open_account(&cloud, "acme").await;
    let of = |id: &str, account: Option<&str>| {
        let mut event = Invoice::automatic(id, "cus_acme", 100, NOW).finalized(NOW);
        if let Some(account) = account {
            event["account"] = json!(account);
        }
        event
    };

    post(&cloud, &of("in_1", Some("acct_own")), "applied").await;
    post(&cloud, &of("in_2", Some("acct_other")), "ignored").await;
    post(&cloud, &of("in_3", None), "ignored").await;
}
