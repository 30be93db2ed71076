//! Downloads. An answer is kept under a name made from its URL once all of it is there; what a
//! broken connection left is continued where the server can tell that it is still the same.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use ureq::http::{HeaderMap, Response};

use super::cache::Cache;
use crate::error::{Error, Result};
use crate::url::{Grammar, Url};

/// How long an answer is taken for current without asking: Nix's `tarball-ttl`.
const FRESH: Duration = Duration::from_secs(3600);
const CONNECT: Duration = Duration::from_secs(15);
const FIRST_BYTE: Duration = Duration::from_secs(60);
/// Progress is shown for what takes longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// A file that was downloaded.
#[derive(Debug)]
pub(crate) struct Download {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The URL under which the server promises the very same file for ever (`Link: <…>;
    /// rel="immutable"`).
    pub(crate) immutable_url: Option<String>,
}

/// Gets what is at a URL.
pub(crate) fn get(cache: &Cache, url: &str, headers: &[(String, String)]) -> Result<Download> {
    let parsed = Url::parse(url, Grammar::Strict)?;
    if parsed.scheme == "file" {
        let path = PathBuf::from(parsed.file_path()?);
        return match path.metadata() {
            Ok(found) if found.is_file() => Ok(Download {
                path,
                immutable_url: None,
            }),
            Ok(_) => Err(Error::rule(format!(
                "tarball \"{}\" is a directory, not a file.",
                path.display()
            ))),
            Err(_) => Err(Error::rule(format!(
                "tarball \"{}\" does not exist.",
                path.display()
            ))),
        };
    }
    let target = cache.download(url)?;
    // Two runs that want the same file take turns; the second finds what the first got.
    let lock = beside(&target, "lock");
    let cannot = || format!("cannot lock '{}'", lock.display());
    let _turn = File::create(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(Error::io(cannot()))?;
    let facts = read_facts(&target);
    let is_there = facts.is_some() && target.exists();
    if is_there && is_fresh(&target) {
        return Ok(known(target, facts.as_ref()));
    }
    let etag = facts.as_ref().filter(|_| is_there).and_then(etag_of);
    match request(url, headers, &target, etag.as_deref()) {
        Ok(Answer::New(facts)) => Ok(known(target, Some(&facts))),
        Ok(Answer::Unchanged) => {
            touch(&target);
            Ok(known(target, facts.as_ref()))
        }
        Err(error) => Err(error),
    }
}

fn known(path: PathBuf, facts: Option<&Value>) -> Download {
    let immutable = facts.and_then(|facts| facts.get("immutable")?.as_str());
    Download {
        path,
        immutable_url: immutable.map(str::to_owned),
    }
}

fn beside(target: &Path, ending: &str) -> PathBuf {
    target.with_extension(ending)
}

fn read_facts(target: &Path) -> Option<Value> {
    let text = std::fs::read_to_string(beside(target, "json")).ok()?;
    serde_json::from_str(&text).ok()
}

fn etag_of(facts: &Value) -> Option<String> {
    facts.get("etag")?.as_str().map(str::to_owned)
}

fn is_fresh(target: &Path) -> bool {
    let changed = target.metadata().and_then(|found| found.modified());
    changed.is_ok_and(|at| {
        SystemTime::now()
            .duration_since(at)
            .is_ok_and(|age| age < FRESH)
    })
}

fn touch(target: &Path) {
    // Where this fails, the server is asked again next time.
    if let Ok(file) = File::open(target) {
        let _ = file.set_modified(SystemTime::now());
    }
}

enum Answer {
    New(Value),
    Unchanged,
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The URL in `Link: <URL>; rel="immutable"`.
fn immutable_url(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all("link").iter();
    let links = links.filter_map(|link| link.to_str().ok());
    links.flat_map(|link| link.split(',')).find_map(|link| {
        let (url, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        rest.contains("rel=\"immutable\"").then(|| url.to_owned())
    })
}

fn request(
    url: &str,
    headers: &[(String, String)],
    target: &Path,
    etag: Option<&str>,
) -> Result<Answer> {
    let part = beside(target, "part");
    let part_facts = beside(target, "part.json");
    let begun = part.metadata().map_or(0, |found| found.len());
    let begun_tag = std::fs::read_to_string(&part_facts)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .and_then(|facts: Value| etag_of(&facts))
        // A weak tag does not promise the same bytes.
        .filter(|tag| begun > 0 && !tag.starts_with("W/"));
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(FIRST_BYTE))
            .user_agent(concat!("coop/", env!("CARGO_PKG_VERSION")))
            .build(),
    );
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(etag) = etag {
        request = request.header("If-None-Match", etag);
    } else if let Some(tag) = &begun_tag {
        request = request
            .header("Range", format!("bytes={begun}-"))
            .header("If-Range", tag);
    }
    let response = request
        .call()
        .map_err(|error| Error::rule(format!("unable to download '{url}': {error}")))?;
    let status = response.status().as_u16();
    let continues = status == 206 && begun_tag.is_some();
    match status {
        304 => return Ok(Answer::Unchanged),
        200 => {}
        206 if continues => {}
        416 => {
            // What was begun does not fit the file any more: from the start next time.
            let _ = std::fs::remove_file(&part);
            return Err(Error::rule(format!(
                "unable to download '{url}': it changed on the server; run the command again"
            )));
        }
        _ => {
            return Err(Error::rule(format!(
                "unable to download '{url}': HTTP error {status}"
            )));
        }
    }
    let facts = json!({
        "url": url,
        "etag": header(response.headers(), "etag"),
        "immutable": immutable_url(response.headers()),
    });
    let cannot = |path: &Path| format!("cannot write '{}'", path.display());
    std::fs::write(&part_facts, facts.to_string()).map_err(Error::io(cannot(&part_facts)))?;
    receive(url, response, &part, if continues { begun } else { 0 })?;
    let facts_file = beside(target, "json");
    // Without facts a file does not count, so a run that ends in between has got nothing.
    if let Err(error) = std::fs::remove_file(&facts_file)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(Error::io(cannot(&facts_file))(error));
    }
    std::fs::rename(&part, target).map_err(Error::io(cannot(target)))?;
    std::fs::rename(&part_facts, &facts_file).map_err(Error::io(cannot(&facts_file)))?;
    Ok(Answer::New(facts))
}

/// Writes an answer's body to `part`, after the `begun` bytes that are there.
fn receive(url: &str, response: Response<ureq::Body>, part: &Path, begun: u64) -> Result<()> {
    let cannot = || format!("cannot write '{}'", part.display());
    let announced: Option<u64> =
        header(response.headers(), "content-length").and_then(|length| length.parse().ok());
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(begun > 0)
        .truncate(begun == 0)
        .open(part)
        .map_err(Error::io(cannot()))?;
    let progress = Progress::new(url, announced.map(|rest| rest + begun), begun);
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 64 * 1024];
    let mut received = 0;
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(url, received + begun, &error.to_string())),
        };
        file.write_all(&buffer[..count])
            .map_err(Error::io(cannot()))?;
        received += count as u64;
        progress.advance(count as u64);
    }
    if announced.is_some_and(|announced| announced != received) {
        return Err(broken(url, received + begun, "the connection ended early"));
    }
    file.sync_all().map_err(Error::io(cannot()))
}

fn broken(url: &str, received: u64, reason: &str) -> Error {
    Error::rule(format!(
        "unable to download '{url}': {reason} after {received} bytes; run the command again to go on"
    ))
}

/// A bar on a terminal; nothing elsewhere, and nothing for what is quick.
struct Progress {
    bar: ProgressBar,
    since: std::time::Instant,
    url: String,
}

impl Progress {
    fn new(url: &str, length: Option<u64>, begun: u64) -> Self {
        let bar = ProgressBar::hidden();
        bar.set_length(length.unwrap_or(0));
        bar.set_position(begun);
        Self {
            bar,
            since: std::time::Instant::now(),
            url: url.to_owned(),
        }
    }

    fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
        if self.bar.is_hidden() && self.since.elapsed() > PATIENCE {
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes}")
            {
                self.bar.set_style(style);
            }
            self.bar.set_message(self.url.clone());
            self.bar
                .set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
