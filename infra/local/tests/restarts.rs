//! The binary as a person runs it: `--data` over restarts.
#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a test that goes wrong stops there")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A running local mode; it is ended with the test.
struct Process {
    child: Child,
    /// What it printed, by title.
    printed: BTreeMap<String, String>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already is no matter.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(["--port", "0", "--empty", "--data"]).arg(data);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// One that does not start.
fn refused(data: &Path) -> Output {
    command(data).output().expect("the binary runs")
}

impl Process {
    /// Starts it, and waits until it is ready.
    fn start(data: &Path) -> Self {
        let mut child = command(data).spawn().expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let lines = lines.map(|line| line.expect("text"));
        let printed = lines.take_while(|line| !line.contains("Stop with Ctrl-C"));
        let titled = printed.filter_map(|line| {
            let (title, value) = line.trim().split_once("  ")?;
            Some((title.to_owned(), value.trim().to_owned()))
        });
        let printed = titled.collect();
        Self { child, printed }
    }

    fn printed(&self, title: &str) -> &str {
        self.printed.get(title).expect("it is printed")
    }

    /// Stops it by a signal, and waits until it has ended well.
    fn stop(mut self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        assert!(self.child.wait().expect("it ends").success());
    }

    /// A call of the vendor: the status, and the body.
    fn call(&self, key: &str, method: &str, body: &str) -> String {
        let address = self.printed("Gateway").trim_start_matches("http://");
        let path = if body.is_empty() { "/v1/accounts/acme" } else { "/v1/accounts" };
        let mut stream = TcpStream::connect(address).expect("its port");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

fn directory() -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("data");
    let _ = fs::remove_dir_all(&directory);
    directory
}

/// Goal: a world goes on after a stop, with its accounts and keys; one process holds it; and a file
/// that is cut short is refused and left alone.
#[test]
fn a_world_goes_on_after_a_stop() {
    let data = directory();
    let first = Process::start(&data);
    let key = first.printed("Vendor key").to_owned();
    let account = r#"{"id": "acme", "name": "Acme", "email": "billing@acme.example"}"#;
    let answer = first.call(&key, "POST", account);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

    let second = refused(&data);
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && text.contains("is in use by another local mode"), "{text}");
    first.stop("-TERM");

    for signal in ["-INT", "-TERM"] {
        let again = Process::start(&data);
        assert_eq!(again.printed("Vendor key"), key);
        let answer = again.call(&key, "GET", "");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Acme"), "{answer}");
        again.stop(signal);
    }

    let world = data.join("world.json");
    let whole = fs::read(&world).expect("the world");
    let (half, _) = whole.split_at(whole.len().div_euclid(2));
    fs::write(&world, half).expect("a file");
    let third = refused(&data);
    let text = String::from_utf8_lossy(&third.stderr).into_owned();
    assert!(!third.status.success() && text.contains("the snapshot is cut short"), "{text}");
    assert_eq!(fs::read(&world).expect("the world"), half);
}
