# A list of what is wrong with backups, upgrades, caches, buckets and staging copies of evaluated
# hosts: empty when all is well.
{ nixpkgs }:
let
  lib = import (nixpkgs + "/lib");
  container = number: {
    hostAddress = "10.233.1.${toString (2 * number)}";
    localAddress = "10.233.1.${toString (2 * number + 1)}";
    stateVersion = "26.05";
    postgresql = 17;
  };
  fleet = {
    coop.mastodon = {
      files = {
        domain = "files.example";
        container = container 1;
        backup = {
          repository = "/srv/backups";
          passwordSecret = "restic";
          drill = null;
        };
        cache.budgetGb = 10;
        media.bucket = {
          endpoint = "https://s3.example.net";
          name = "files";
          region = "eu-1";
          alias = "media.files.example";
          accessKeySecret = "s3-access";
          secretKeySecret = "s3-secret";
        };
      };
      copy = {
        domain = "copy.example.coop";
        stage = "staging";
        container = container 2;
        staging = {
          of = "social";
          repository = "sftp:coop@store.example:/coop";
          passwordSecret = "restic";
          at = "Mon 05:00";
          htpasswdSecret = "copy-htpasswd";
        };
      };
    };
  };
  host =
    module:
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = "x86_64-linux";
      modules = [
        ../vm/example-host.nix
        fleet
        module
      ];
    }).config;

  good = host { };
  inherit (good.systemd) services timers;
  inside = name: good.containers.${name}.config;
  initDb = name: (inside name).systemd.services.mastodon-init-db;
  flags = name: good.containers.${name}.extraFlags;
  mastodon = name: (inside name).systemd.services.mastodon-web.environment;
  sealed = good.networking.nftables.tables.coop-staging.content;
  warnings =
    good.warnings ++ lib.concatMap (name: (inside name).warnings) (lib.attrNames good.containers);
  commands = map (package: package.name) good.environment.systemPackages;

  values = {
    "backups run on their calendar" = timers.coop-backup-social.timerConfig.OnCalendar == "02:15";
    "a missed backup is made up for" = timers.coop-backup-social.timerConfig.Persistent;
    "drills run" = timers ? coop-drill-social;
    "drills can be left out" = !(timers ? coop-drill-files);
    "backup, restore and restic are commands" = lib.all (name: lib.elem name commands) [
      "coop-backup-social"
      "coop-restore-social"
      "coop-restic-social"
    ];
    "only production can be marked as new" =
      lib.elem "coop-new-social" commands && !lib.elem "coop-new-copy" commands;

    "an empty database is refused in production" = (initDb "social").environment.COOP_SEEDING == "0";
    "and in a copy" = (initDb "copy").environment.COOP_SEEDING == "0";
    "the guard runs before the migrations" = lib.hasInfix "guard.sh before" (initDb "social").preStart;
    "and keeps Mastodon's own script" = lib.hasInfix "db:migrate" (initDb "social").script;
    "keys are not made anew" = lib.hasInfix "guard.sh keys" (inside "social")
    .systemd.services.mastodon-init-dirs.preStart;
    # Units have no bash on their path.
    "scripts name their shell" =
      lib.all (script: !lib.hasPrefix "bash " (lib.removePrefix "exec " script))
        [
          (inside "social").systemd.services.mastodon-init-dirs.preStart
          (initDb "social").preStart
          (initDb "social").postStart
          (inside "social").systemd.services.coop-cache.script
          (inside "social").systemd.services.coop-after-restore.script
          (inside "files").systemd.services.coop-bucket.script
          services.coop-reboot.script
        ];
    "every switch is checked" =
      lib.attrNames (lib.filterAttrs (name: _: lib.hasPrefix "coop-" name) good.system.preSwitchChecks)
      == [
        "coop-copy"
        "coop-files"
        "coop-social"
      ];

    "a container is not restarted with all the others" = !good.containers.social.restartIfChanged;
    "but in turn" = lib.length services.coop-rollout.restartTriggers == 3;
    "and starts in turn" = lib.elem "container@files.service" services."container@social".after;

    "a budget has a file system behind it" =
      lib.elem "--bind=/var/lib/coop/cache/social:/var/lib/mastodon/public-system/cache:idmap" (
        flags "social"
      )
      && lib.elem "coop-cache-image-social.service" services."container@social".requires;
    "of its size and a tenth" = lib.elem "--setenv=COOP_CACHE_MIB=45056" (flags "social");
    "not in a bucket" = !(services ? coop-cache-image-files);
    "nor without a budget" = !(services ? coop-cache-image-copy);
    "the file system's owner is Mastodon" = (inside "social").users.groups.mastodon.gid == 900;
    "nixpkgs' pruning is off" = !((inside "social").systemd.services ? mastodon-media-auto-remove);
    "a bucket is measured by the database" =
      (inside "files").systemd.services.coop-cache.environment.COOP_MEDIA == "bucket";

    "a bucket is in Mastodon's environment" =
      (mastodon "files").S3_ENDPOINT == "https://s3.example.net"
      && (mastodon "files").S3_BUCKET == "files"
      && (mastodon "files").S3_ALIAS_HOST == "media.files.example";
    "its keys are not" = !(mastodon "files" ? AWS_SECRET_ACCESS_KEY);
    "they are credentials" =
      lib.elem "--load-credential=bucket-secret:/var/lib/coop/secrets/s3-secret" (flags "files");
    "they are there before Mastodon" = lib.elem "coop-bucket.service" (inside "files")
    .systemd.services.mastodon-init-dirs.requires;

    "a copy is restored on its calendar" = timers.coop-copy-copy.timerConfig.OnCalendar == "Mon 05:00";
    "a copy sends no mail" = (mastodon "copy").SMTP_DELIVERY_METHOD == "test";
    "and has no mail server" = !(inside "copy").services.postfix.enable;
    "does not federate" = (mastodon "copy").LIMITED_FEDERATION_MODE == "true";
    "reaches nobody" = lib.hasInfix ''iifname { "ve-copy" } drop'' sealed;
    "others do" = !lib.hasInfix "ve-social" sealed;

    "nothing warns" = warnings == [ ];
    "nothing of coop's is refused" = lib.all (
      item: item.assertion || !lib.hasInfix "coop" item.message
    ) good.assertions;
  };

  instance = name: settings: { coop.mastodon.${name} = settings; };
  refused = {
    "at least one of last, hourly" = instance "social" { backup.keep = lib.mkForce { }; };
    "has a password in it" = instance "files" {
      backup.repository = lib.mkForce "rest:https://coop:secret@store.example/";
    };
    "would be lost with what it is to bring back" = instance "files" {
      backup.repository = lib.mkForce "/var/lib/nixos-containers/files/backups";
    };
    "without a path" = instance "files" {
      media.bucket.endpoint = lib.mkForce "https://s3.example.net/files";
    };
    "must be a name of its own" = instance "files" {
      media.bucket.alias = lib.mkForce "files.example";
    };
    "two secrets, not one" = instance "files" {
      media.bucket.accessKeySecret = lib.mkForce "s3-secret";
    };
    "would prune and overwrite" = instance "copy" {
      media.bucket = {
        endpoint = "https://s3.example.net";
        name = "copy";
        accessKeySecret = "a";
        secretKeySecret = "b";
      };
    };
    "share a bucket" = instance "social" {
      media.bucket = {
        endpoint = "https://s3.example.net";
        name = "files";
        accessKeySecret = "a";
        secretKeySecret = "b";
      };
    };
    "and is in development" = instance "copy" { stage = lib.mkForce "development"; };
    "is the instance itself" = instance "copy" { staging.of = lib.mkForce "copy"; };
    "would federate in another's name" = instance "copy" { federation.mode = "open"; };
    "nobody signs up to it" = instance "copy" { signup.invites = true; };
    "sends no mail" = instance "copy" { mail.host = "smtp.example.coop"; };
    "made of a backup" = instance "copy" { backup.repository = "/srv/backups"; };
    "is not the one that social backs up to" = instance "copy" {
      staging.repository = lib.mkForce "/srv/backups";
    };
  };
  says =
    text: module:
    builtins.any (item: !item.assertion && lib.hasInfix text item.message) (host module).assertions;
in
lib.attrNames (lib.filterAttrs (_: holds: !holds) values)
++ lib.attrNames (lib.filterAttrs (text: module: !(says text module)) refused)
