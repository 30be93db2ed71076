//! Archives of forges (`libfetchers/github.cc`): which URL has a revision's tree, and which revision
//! a branch stands at.

use serde_json::Value;

use super::tarball::{self, add_time};
use super::tree::Files;
use super::{Fetcher, Found, download};
use crate::error::{Error, Result};
use crate::input::{Forge, Input};

struct Repository<'i> {
    forge: Forge,
    host: &'i str,
    owner: &'i str,
    repo: &'i str,
}

impl Repository<'_> {
    /// Where the archive of a revision is.
    fn archive(&self, rev: &str) -> String {
        let Self {
            host, owner, repo, ..
        } = self;
        match self.forge {
            Forge::GitHub if *host == "github.com" => {
                format!("https://{host}/{owner}/{repo}/archive/{rev}.tar.gz")
            }
            Forge::GitHub => format!("https://{host}/api/v3/repos/{owner}/{repo}/tarball/{rev}"),
            Forge::GitLab => format!(
                "https://{host}/api/v4/projects/{owner}%2F{repo}/repository/archive.tar.gz?sha={rev}"
            ),
            Forge::SourceHut => format!("https://{host}/{owner}/{repo}/archive/{rev}.tar.gz"),
        }
    }

    /// Where a server says at which revision a branch stands.
    fn branch(&self, branch: &str) -> String {
        let Self {
            host, owner, repo, ..
        } = self;
        match self.forge {
            Forge::GitHub if *host == "github.com" => {
                format!("https://api.{host}/repos/{owner}/{repo}/commits/{branch}")
            }
            Forge::GitHub => format!("https://{host}/api/v3/repos/{owner}/{repo}/commits/{branch}"),
            Forge::GitLab => format!(
                "https://{host}/api/v4/projects/{owner}%2F{repo}/repository/commits?ref_name={branch}"
            ),
            Forge::SourceHut if branch == "HEAD" => format!("https://{host}/{owner}/{repo}/HEAD"),
            Forge::SourceHut => format!("https://{host}/{owner}/{repo}/info/refs"),
        }
    }

    /// The revision in a server's answer to [`Repository::branch`].
    fn revision(&self, branch: &str, answer: &str) -> Option<String> {
        let json = || serde_json::from_str::<Value>(answer).ok();
        match self.forge {
            Forge::GitHub => Some(json()?.get("sha")?.as_str()?.to_owned()),
            Forge::GitLab => Some(json()?.get(0)?.get("id")?.as_str()?.to_owned()),
            Forge::SourceHut => answer.lines().find_map(|line| {
                let (rev, name) = line.split_once('\t')?;
                let is_it = ["refs/heads/", "refs/tags/"]
                    .iter()
                    .any(|prefix| name.strip_prefix(prefix) == Some(branch));
                is_it.then(|| rev.to_owned())
            }),
        }
    }
}

pub(super) fn fetch(fetcher: &Fetcher, forge: Forge, input: &Input) -> Result<Found> {
    let attributes = &input.attributes;
    let usual_host = match forge {
        Forge::GitHub => "github.com",
        Forge::GitLab => "gitlab.com",
        Forge::SourceHut => "git.sr.ht",
    };
    let repository = Repository {
        forge,
        host: attributes.text("host")?.unwrap_or(usual_host),
        owner: attributes.need_text("owner")?,
        repo: attributes.need_text("repo")?,
    };
    let rev = match input.revision()? {
        Some(rev) => rev,
        None => find_revision(
            fetcher,
            &repository,
            attributes.text("ref")?.unwrap_or("HEAD"),
        )?,
    };
    let archive = tarball::get(fetcher, &repository.archive(&rev), &[])?;
    let mut found = input.clone();
    found.attributes.remove("ref");
    found.attributes.set("rev", &rev);
    add_time(&mut found, &archive);
    Ok(Found {
        input: found,
        files: Files::whole(&archive.root),
    })
}

fn find_revision(fetcher: &Fetcher, repository: &Repository<'_>, branch: &str) -> Result<String> {
    let url = repository.branch(branch);
    let read = |url: &str| -> Result<String> {
        let file = download::get(&fetcher.cache, url, &[])?;
        std::fs::read_to_string(&file.path)
            .map_err(Error::io(format!("cannot read '{}'", file.path.display())))
    };
    let mut answer = read(&url)?;
    let mut branch = branch.to_owned();
    if matches!(repository.forge, Forge::SourceHut) && branch == "HEAD" {
        let target = answer.trim().strip_prefix("ref: refs/heads/");
        target.unwrap_or("master").clone_into(&mut branch);
        answer = read(&repository.branch(&branch))?;
    }
    repository.revision(&branch, &answer).ok_or_else(|| {
        Error::rule(format!(
            "'{url}' does not say at which commit '{branch}' stands; does it exist?"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::{Forge, Repository};

    fn at(forge: Forge, host: &str) -> Repository<'_> {
        Repository {
            forge,
            host,
            owner: "o",
            repo: "r",
        }
    }

    #[test]
    fn archives_are_where_each_forge_puts_them() {
        let github = at(Forge::GitHub, "github.com").archive("abc");
        assert_eq!(github, "https://github.com/o/r/archive/abc.tar.gz");
        let gitlab = at(Forge::GitLab, "gitlab.com").archive("abc");
        assert_eq!(
            gitlab,
            "https://gitlab.com/api/v4/projects/o%2Fr/repository/archive.tar.gz?sha=abc"
        );
        let sourcehut = at(Forge::SourceHut, "git.sr.ht").archive("abc");
        assert_eq!(sourcehut, "https://git.sr.ht/o/r/archive/abc.tar.gz");
    }

    #[test]
    fn answers_name_a_revision() {
        let github = at(Forge::GitHub, "github.com");
        assert_eq!(
            github.revision("main", r#"{"sha":"abc"}"#).as_deref(),
            Some("abc")
        );
        assert_eq!(github.revision("main", "sorry"), None);
        let gitlab = at(Forge::GitLab, "gitlab.com");
        assert_eq!(
            gitlab.revision("main", r#"[{"id":"abc"}]"#).as_deref(),
            Some("abc")
        );
        let refs = "abc\trefs/heads/main\ndef\trefs/tags/v1\n";
        let sourcehut = at(Forge::SourceHut, "git.sr.ht");
        assert_eq!(sourcehut.revision("v1", refs).as_deref(), Some("def"));
    }
}
