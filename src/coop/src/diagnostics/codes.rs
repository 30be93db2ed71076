//! Every finding coop knows, with the page that `coop explain` prints for it.
//!
//! A code is never given a second meaning, and never taken away once it was released.

use super::Severity;

macro_rules! codes {
    ($($name:ident $id:literal $title:literal $page:literal)*) => {
        /// Which finding it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable identifier, such as `E0101`; `E` is an error, `W` a warning.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }

            /// A few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// Why it is a finding and what to do, in Markdown.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => $page,)* }
            }
        }
    };
}

impl Code {
    /// Error or warning, as the first letter says.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.id().starts_with('W') {
            Severity::Warning
        } else {
            Severity::Error
        }
    }

    /// Whether something cannot be understood and is left out, so that other findings may be about
    /// no more than its absence.
    #[must_use]
    pub fn is_a_cause(self) -> bool {
        self.severity() == Severity::Error
            && self != Self::MissingKey
            && ["E00", "E01", "E02"]
                .iter()
                .any(|family| self.id().starts_with(family))
    }

    /// The code with this identifier, whatever the case of its letter.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.id().eq_ignore_ascii_case(id))
    }
}

codes! {
    Unreadable "E0001" "a file of the fleet cannot be read"
        "coop.toml names a file (`include`, `file`, `rules`, `privacy`) that is not there, is not a
plain file, is not UTF-8, or may not be read. Paths start at the folder of coop.toml."
    Syntax "E0002" "not TOML"
        "The file does not parse as TOML 1.1. The place is where the parser noticed, which may be
just after the mistake: look for a missing quote, comma or bracket on that line or the one before."
    NothingIncluded "W0003" "an include matches no file"
        "A pattern in `include` matches nothing. A typing mistake here would silently drop
tenants from the fleet, so it is said. Patterns know `*` within one file name."

    UnknownKey "E0101" "a key that coop does not know"
        "The key is misspelt, or belongs elsewhere. coop never ignores a key: a policy or a list
that is silently left out is worse than an error. `docs/reference/coop-toml.md` lists every key."
    WrongType "E0102" "a value of the wrong type"
        "TOML tells strings (`\"14\"`), numbers (`14`), booleans (`true`), dates (`2026-10-03`), arrays
(`[…]`) and tables (`{ … }`, `[name]`) apart, and so does coop. The message says which is wanted."
    MissingKey "E0103" "a key is missing"
        "The table cannot mean anything without this key, and coop will not guess its value. For an
instance it may also stand in the instance's profile, where other instances share it."
    NotOneOf "E0104" "not one of the values there are"
        "The key takes one of a few words. The message lists them."
    DeclaredTwice "E0105" "declared twice"
        "Two files of the fleet declare the same name. TOML itself refuses this within one file;
across files coop does, since otherwise the order of files would decide."
    LiteralSecret "E0106" "a secret is named, never written"
        "coop.toml is kept in version control and its content reaches the world-readable Nix store.
A secret therefore only has a name here:

```toml
password = { secret = \"relay\" }
```

The value lives in a file on the host, which coop never reads."

    BadName "E0201" "not a name"
        "Names of people, lists, hosts and instances become host names, file names, user names and
systemd units: 1 to 40 small letters, digits and single hyphens, beginning with a letter."
    BadDomain "E0202" "not a domain"
        "A domain has at least two labels, as in `social.example`, without a scheme, path, port,
wildcard or e-mail address. International names may be written as such; coop converts them (IDNA)."
    BadEmail "E0203" "not an e-mail address"
        "An address is `local-part@domain`, without a display name, comment or quotes."
    BadKey "E0204" "not an SSH public key"
        "One line as in `~/.ssh/id_ed25519.pub`: type, base64 and perhaps a comment. A private key
must never be here; DSA keys and RSA keys are refused by current OpenSSH or too weak to trust."
    BadCalendar "E0205" "not a calendar expression"
        "Times are those of systemd: `02:15`, `Sun 04:00`, `daily`, `*-*-01 03:00`. See
systemd.time(7); `systemd-analyze calendar EXPRESSION` shows when it is due."
    BadAddress "E0206" "not an IP address"
        "An address is written plainly, `203.0.113.10` or `2001:db8::10`, without a prefix length."
    BadDate "E0207" "not a date"
        "A date is a TOML date without quotes: `2026-10-03`. It has no time of day."
    HostileText "E0208" "text that could become syntax"
        "The value reaches an environment file, a shell, systemd or nginx on the host, where some
marks are syntax: `\"`, `$`, `%`, `` ` ``, `\\`, line breaks, control characters and marks that change
the direction of text. coop refuses them there rather than trust five kinds of quoting."
    TooLong "E0209" "text that is too long"
        "Longer than any real value of this kind. The limit keeps a pasted file out of unit files
and e-mail headers."
    BadPath "E0210" "not a path inside the fleet"
        "Files are named by a path relative to the folder of coop.toml, without `..`: what is
outside is not in version control and would not be there on another machine."
    OutOfRange "E0211" "a number out of range"
        "The number cannot be meant. The message gives the range."
    BadForm "E0212" "not written in the form that is wanted"
        "The message shows the form: a server is `host:port`, a release `26.05`, a time zone
`Europe/London`, a language `en` or `pt-BR`, a repository is what restic takes."

    NotDeclared "E0301" "a name that is not declared"
        "A name used is a name declared: every person, list, policy, relay, backup, bucket, tenant,
host and profile that is mentioned has a table of its own, such as `[people.chris]`."
    Cycle "E0302" "lists that include each other"
        "An allow list may include others (`lists = […]`), but not itself, not even by way of
another list."
    DomainTaken "E0303" "two instances with one domain"
        "A domain is in the handles of one instance's people and is answered by one server. The
same holds for `web_domain`."
    NoHost "E0304" "an instance without a host"
        "A deployed instance runs on a host. Give `host`, perhaps in its profile, or say
`external = true` where it is run elsewhere."
    ExternalKey "E0305" "a key that an external instance cannot have"
        "An external instance is run elsewhere: coop prints its allow list and deploys nothing, so
keys about hosting it would be ignored."
    NotDeployable "E0306" "a service that coop does not deploy"
        "coop knows the service's allow list but has no module to run it. Say `external = true`."
    MemoryPromised "E0307" "more memory promised than there is"
        "The `memory_gb` of a host's instances, with 1 GB for the host itself, exceed its `ram_gb`.
The limits are real: the kernel ends what goes beyond them."
    ProductionNeeds "E0308" "production needs more than this"
        "A production instance has people's posts in it. It needs a `backup` to a declared target,
an `owner` (the first administrator) and a host with `operators` who can log in."
    BadCopy "E0309" "a copy that cannot be made"
        "`copy_of` makes a sealed staging instance from the backups of another one: it needs
`stage = \"staging\"`, an original with a `backup`, and an original that is not a copy itself."
    BadRename "E0310" "a renaming that cannot be followed"
        "`renamed_from` says under which name coop.lock knows the instance. That name may no longer
be declared, and must be in coop.lock."
    AddressTaken "E0312" "two hosts with one address"
        "Two hosts cannot answer at one address. Often one was copied from the other's table."
    DiskPromised "E0313" "more disk promised than there is"
        "The cache budgets of a host's instances leave less than 20 GB of its `disk_gb` for the
system, databases and members' own media."
    SameWebDomain "E0314" "`web_domain` repeats `domain`"
        "`web_domain` is only for an instance that answers somewhere else than in its handles."
    Federation "E0315" "a federation that contradicts itself"
        "With `mode = \"limited\"` an instance talks to the servers in `allow` only; with `open` it
talks to all that are not blocked, and `allow` has no meaning."
    Reserved "E0316" "a name that is taken"
        "The allow list `anyone` always exists and means every address."
    SharedOnce "E0317" "a key that instances cannot share"
        "A profile holds what instances have in common. This key is one instance's own."
    HasState "E0318" "a stage and a wish that do not go together"
        "`stage` decides what may be done to an instance: development may be wiped, staging is
sealed, production is neither."

    NotNix "E0319" "a value that Nix does not have"
        "What stands under `nixos` becomes Nix. Nix has no dates, no infinite numbers and no NUL in
texts, and coop takes no marks there that change how text looks. Functions, packages and paths cannot
be said in TOML: write them in `hosts/<host>/extra.nix`, which the host then includes."

    OwnerNotListed "E0320" "an owner whom Mastodon would refuse"
        "Mastodon's list of e-mail domains holds for every account, the first administrator's too. The
owner's address has to be at one of the domains in `signup`, or below one."
    BadBucket "E0321" "a bucket that cannot be used"
        "A bucket holds one instance's media: coop deletes what no post of that instance refers to. Its
endpoint is `https://` and a host; the name in `alias` is the bucket's own."
    KeepsNothing "E0322" "a place that keeps no backup"
        "With `keep` at nought throughout, each backup would be deleted as soon as it is made."
    NoAccount "E0323" "an account that Mastodon does not give out"
        "The first administrator's account is called like the person. Mastodon reserves some names
(admin, support, root, …) and takes at most 30 characters."

    NoSuchOption "E0324" "not an option of NixOS"
        "What stands under `nixos` is handed to NixOS, which knows no such option: coop has the list of
them all (the catalogue). It may be misspelt, or stand in the wrong place; the message has what comes
nearest. https://search.nixos.org/options lists every option."
    OptionRemoved "E0325" "an option that was removed"
        "NixOS had this option once, and refuses it now. The note is NixOS's own."
    OptionValue "E0326" "a value that the option does not take"
        "NixOS options are typed. The message says what this one takes, in TOML's terms. Packages,
functions and paths of files cannot be said in TOML: write those in `hosts/<host>/extra.nix`."
    OptionReadOnly "E0327" "an option that cannot be set"
        "NixOS works the option's value out, for others to read."

    GroundNotAllowed "E0401" "a block on a ground that the policy does not allow"
        "The policy lists its `grounds`. A block on any other ground is an error here, so that the
rule a co-op gave itself cannot be bent by an edit in a hurry."
    OwnDomain "E0402" "a block of an own instance"
        "The domain, or one above it, is an instance of this fleet. Blocking it would sever the
follows between its members for good."
    BlockedTwice "E0403" "blocked twice in one policy"
        "One policy has two entries for the domain. Across policies the strictest wins; within one
it is a mistake."
    BadListFile "E0404" "a list file that cannot be understood"
        "A policy file has the columns of Mastodon's own export (`#domain`, `#severity`, …) and may
have `#ground`, `#since` and `#review` as well. A domain list has one domain a line; `#` begins a
comment."
    TenantEverywhere "E0405" "a tenant's policy for everybody"
        "`everywhere = true` makes a policy hold for every instance of the fleet. Only the fleet
itself may say that."
    TenantBoundary "E0406" "across the boundary of a tenant"
        "A file that declares a tenant is that tenant's own: it declares the tenant's people,
lists, policies and instances and may use what the fleet shares, but neither declares shared things
nor uses another tenant's."
    DatesSwapped "E0407" "a review before its block"
        "`review` is the day on which someone looks again, after `since`."
    PublicSuffix "E0408" "everybody's domain"
        "The domain is a public suffix (publicsuffix.org): anybody can register a name below it, so
that on a list it means everybody, and in a block far too many."
    NoGround "E0409" "a block without its ground"
        "The policy has a rule about grounds, so each of its blocks states one."

    ReviewDue "W0501" "a block is due for review"
        "The day in `review` is past. Look whether the reason still holds, then move the date or
remove the block."
    Unused "W0502" "declared but not used"
        "Nothing refers to it, so that it has no effect. Often the name is misspelt where it is used."
    ListNotKept "W0503" "a list that the service cannot keep"
        "The service has no allow list of its own, or one that cannot do what is written. The
message says what to do there instead."
    NobodyJoins "W0504" "an open door with nobody behind it"
        "The list is empty, so nobody can come in through it."
    PolicyWithoutEffect "W0505" "a policy without effect"
        "Mastodon ignores blocks under limited federation: it talks to the allowed servers only."
    JoinCoversApply "W0506" "apply is already covered by join"
        "Who may join at once need not apply. The list in `apply` adds nobody."
    PersonalProvider "W0507" "everybody's mail provider on a list"
        "Anyone can have an address there within a minute, so that the list means everybody."
    NotPublicDomain "W0508" "a domain under no public suffix"
        "The last label is not in the public suffix list, nor one reserved for tests (RFC 2606).
Mail to it will hardly ever arrive; it may be a typing mistake."

    OptionDoubtful "W0509" "an option that may be wrong"
        "By the catalogue of NixOS options that coop has at hand, this would not be taken. But the
catalogue is of another nixpkgs than the fleet's, or a file of yours may declare the option, so that
this is a warning. Evaluation (`coop check` with nixpkgs at hand) knows for certain; `coop catalogue
build` makes the catalogue of just the nixpkgs that flake.lock pins."
    OptionOfOld "W0510" "an option by a former name"
        "NixOS renamed the option, or put another one in its place. It still takes the old name, until a
release that does not."

    LockUnreadable "E0601" "coop.lock cannot be understood"
        "coop.lock is written by coop and committed. It was edited by hand, merged badly, or comes
from a newer coop. Take it from version control again: `git checkout coop.lock`."
    DomainChanged "E0602" "the domain of a living instance changed"
        "The domain is in everybody's handle and in every other server's memory. Mastodon cannot
change it: followers, keys and posts would be lost. To start anew, give the instance another name."
    HostChanged "E0603" "a living instance changed its host"
        "Its database, keys and media are on the old host. On the new one an empty instance would
start under a domain that is in use. Move the state first, by backup and restore, then settle it by
changing `host` in coop.lock as well."
    ServiceChanged "E0604" "a living instance became another service"
        "Nothing of one service's state can be used by another. Give the new one a name and domain of
its own."
    LeftBehind "W0605" "data of an instance that is gone"
        "The instance left coop.toml; its data stays on the host until somebody deletes it by hand.
coop.lock keeps its number, so that nobody else gets it."

    EditedByHand "E0701" "a generated file was edited by hand"
        "coop does not overwrite what somebody wrote. Move the change to coop.toml, or let coop
overwrite it with `coop generate --force`."
    Stale "E0702" "generated files are not up to date"
        "What stands on disk is not what coop.toml says. Run `coop generate`, then `git add` what it
names."

    NotEvaluated "E0801" "the fleet was not evaluated"
        "`--require evaluation` asks for a full evaluation of every host, which this run could not
do. Give nixpkgs in `--nixpkgs` or COOP_NIXPKGS, or let `--download` fetch the revision that flake.lock
pins."
    NoRevision "E0802" "a revision that git does not have"
        "`coop plan --against` takes whatever git understands: a branch, a tag, a commit."
    EvaluationFailed "E0803" "a host that does not evaluate"
        "NixOS could not make a system of what the fleet says. Where a line under `nixos` is to blame,
it is shown: coop took it out, evaluated again, and the complaint was gone. Otherwise the cause is in
`hosts/<host>/extra.nix` or `hardware.nix`, or a defect of coop's modules: `coop nix eval --show-trace
.#nixosConfigurations.<host>.config.system.build.toplevel.drvPath` shows all that Nix would say."
    UnknownOption "E0804" "an option that NixOS does not have"
        "What stands under `nixos` is handed to NixOS, which knows no such option. It may be misspelt,
or have been renamed or removed: https://search.nixos.org/options lists them all."
    OptionType "E0805" "an option of another type"
        "NixOS options are typed. Packages, functions and paths cannot be said in TOML: write those in
`hosts/<host>/extra.nix`."
    OptionConflict "E0806" "an option that is set already"
        "coop's modules, or NixOS itself, give the option another value. Take the line out, or decide in
`hosts/<host>/extra.nix` with `lib.mkForce`, knowing what depends on it."
    OptionMissing "E0807" "an option that has to be set as well"
        "One option was set that has no meaning without another one."
    Assertion "E0808" "what NixOS asserts does not hold"
        "NixOS and coop's modules check that options go together. The message is theirs."
    NixosWarning "W0809" "NixOS warns"
        "The host evaluates, and NixOS has something to say about it, often an option that will go."
}
