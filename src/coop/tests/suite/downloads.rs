//! Downloads that go wrong: what was got by then is never taken for the whole, and the next run goes
//! on or begins again.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a server does with the body of one answer.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    Whole,
    /// The connection ends after so many bytes.
    CutAt(usize),
    /// Nothing more comes after so many bytes, and the connection stays.
    StallsAt(usize),
}

/// A server of one file on this machine, and the ranges it was asked for.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers one request with each of `bodies`.
    fn start(content: Vec<u8>, bodies: Vec<Body>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        std::thread::spawn(move || {
            for body in bodies {
                let (stream, _) = listener.accept().unwrap();
                let range = request(&stream);
                log.lock().unwrap().push(range.clone());
                answer(stream, &content, &range, body);
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The range that a request asks for; empty for all.
fn request(stream: &TcpStream) -> String {
    let mut range = String::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        if let Some((_, value)) = line
            .split_once(": ")
            .filter(|(name, _)| name.eq_ignore_ascii_case("range"))
        {
            value.clone_into(&mut range);
        }
        if line.is_empty() {
            break;
        }
    }
    range
}

fn answer(mut stream: TcpStream, content: &[u8], range: &str, body: Body) {
    let from = range
        .strip_prefix("bytes=")
        .and_then(|range| range.strip_suffix('-'));
    let from: usize = from.map_or(0, |from| from.parse().unwrap());
    let status = if range.is_empty() {
        "200 OK"
    } else {
        "206 Partial Content"
    };
    let rest = &content[from..];
    let sent = match body {
        Body::Whole => rest,
        Body::CutAt(length) | Body::StallsAt(length) => &rest[..length],
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nETag: \"one\"\r\nConnection: close\r\n\r\n",
        rest.len()
    );
    // The other side may be gone by now.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(sent));
    if matches!(body, Body::StallsAt(_)) {
        // Until the other side is gone.
        let _ = stream.read(&mut [0]);
    }
}

fn content() -> Vec<u8> {
    (0..300_000_u32)
        .map(|index| b'a' + (index % 23) as u8)
        .collect()
}

fn program(url: &str, hash: Option<&str>) -> String {
    let hash = hash.map_or_else(String::new, |hash| format!("sha256 = \"{hash}\";"));
    format!("builtins.hashFile \"md5\" (builtins.fetchurl {{ url = \"{url}\"; {hash} }})")
}

fn coop(cache: &Path, program: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coop"));
    command
        .args(["nix", "eval", "--raw", "-E", program])
        .env("XDG_CACHE_HOME", cache);
    command
}

fn run(cache: &Path, program: &str) -> Output {
    coop(cache, program).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The hash that the whole file has.
fn expected() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, content()).unwrap();
    let output = run(
        folder.path(),
        &format!("builtins.hashFile \"md5\" {}", file.display()),
    );
    text(&output.stdout)
}

#[test]
fn a_connection_that_ends_early_is_continued_by_the_next_run() {
    let server = Server::start(content(), vec![Body::CutAt(100_000), Body::Whole]);
    let cache = tempfile::tempdir().unwrap();
    let program = program(&server.url, None);
    let first = run(cache.path(), &program);
    assert_eq!(first.status.code(), Some(1));
    let message = text(&first.stderr);
    assert!(
        message.contains("after 100000 bytes; run the command again to go on"),
        "{message}"
    );
    let second = run(cache.path(), &program);
    assert_eq!(text(&second.stdout), expected(), "{}", text(&second.stderr));
    assert_eq!(server.asked(), ["", "bytes=100000-"]);
}

#[test]
fn a_download_that_was_killed_is_continued_by_the_next_run() {
    let server = Server::start(content(), vec![Body::StallsAt(65_536), Body::Whole]);
    let cache = tempfile::tempdir().unwrap();
    let program = program(&server.url, None);
    let mut child = coop(cache.path(), &program)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let downloads = cache.path().join("coop/downloads");
    let has_begun = || {
        let entries = std::fs::read_dir(&downloads)
            .into_iter()
            .flatten()
            .flatten();
        entries.into_iter().any(|entry| {
            let is_part = entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "part");
            is_part && entry.metadata().is_ok_and(|found| found.len() == 65_536)
        })
    };
    for _ in 0..300 {
        if has_begun() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(has_begun(), "nothing was written");
    child.kill().unwrap();
    child.wait().unwrap();
    let second = run(cache.path(), &program);
    assert_eq!(text(&second.stdout), expected(), "{}", text(&second.stderr));
    assert_eq!(server.asked(), ["", "bytes=65536-"]);
}

#[test]
fn a_wrong_hash_is_an_error_each_time() {
    let server = Server::start(content(), vec![Body::Whole]);
    let cache = tempfile::tempdir().unwrap();
    let wrong = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for _ in 0..2 {
        let output = run(cache.path(), &program(&server.url, Some(wrong)));
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert!(
            message.contains("hash mismatch") && message.contains(wrong),
            "{message}"
        );
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_half_written_is_believed() {
    let server = Server::start(content(), vec![Body::Whole, Body::Whole]);
    let cache = tempfile::tempdir().unwrap();
    let program = program(&server.url, None);
    // No file may grow over 64 KiB, which a program sees as it sees a full disk.
    let limited = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_coop"))
        .args(["nix", "eval", "--raw", "-E", &program])
        .env("XDG_CACHE_HOME", cache.path())
        .output()
        .unwrap();
    assert_eq!(limited.status.code(), Some(1), "{}", text(&limited.stderr));
    assert!(
        text(&limited.stderr).contains("cannot write"),
        "{}",
        text(&limited.stderr)
    );
    let output = run(cache.path(), &program);
    assert_eq!(text(&output.stdout), expected(), "{}", text(&output.stderr));
}
