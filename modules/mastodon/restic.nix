# What everything that touches a backup needs: programs, the repository, and how to wait for it.
{ config, pkgs }:
rec {
  stateOf = cfg: "/var/lib/nixos-containers/${cfg.container.name}/var/lib/mastodon";
  postgresqlOf = cfg: pkgs."postgresql_${toString cfg.container.postgresql}";
  packageOf = cfg: config.containers.${cfg.container.name}.config.services.mastodon.package;
  secret = import ../common/secret-path.nix config;

  # They run inside the container as well: the store is the same there.
  inputs = cfg: [
    pkgs.diffutils
    pkgs.jq
    pkgs.nixos-container
    pkgs.redis
    pkgs.restic
    pkgs.util-linux
    config.programs.ssh.package
    config.systemd.package
    (postgresqlOf cfg)
  ];

  repository = name: target: {
    RESTIC_REPOSITORY = target.repository;
    RESTIC_PASSWORD_FILE = secret target.passwordSecret;
    RESTIC_CACHE_DIR = "/var/cache/coop-restic/${name}";
  };

  shared = cfg: {
    COOP_DOMAIN = cfg.domain;
    COOP_CONTAINER = cfg.container.name;
    COOP_STATE = stateOf cfg;
    COOP_FACTS = "${./inside/facts.sql}";
    COOP_LIBRARY = "${./scripts/metrics.sh}";
    COOP_SNAPSHOTS = "${./scripts/snapshot.sh}";
    COOP_METRICS = "/var/lib/coop/metrics";
    COOP_LOCKS = "/run/coop/locks";
    # A repository may be shared, and only one may prune or check it at a time.
    COOP_WAIT = "--retry-lock=2h";
  };

  restore =
    name: cfg: instance: target: seal:
    {
      COOP_COMMAND = name;
      COOP_INSTANCE = instance;
      COOP_PACKAGE = "${packageOf cfg}";
      COOP_MEDIA = if cfg.media.bucket == null then "disk" else "bucket";
      COOP_SEAL = seal;
    }
    // shared cfg
    // repository instance target;

  # Nothing that people wait for.
  inBackground = {
    Type = "oneshot";
    Nice = 10;
    IOSchedulingClass = "idle";
    PrivateTmp = true;
  };
}
