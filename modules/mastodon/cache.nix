# The host's part of a cache: the file system that ends where the budget ends, and the metrics.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  instances = lib.attrValues config.coop.mastodon;
  # What lies in a bucket has no file system to limit it.
  limited = lib.filter (cfg: cfg.cache.budgetGb != null && cfg.media.bucket == null) instances;
  mountOf = cfg: "/var/lib/coop/cache/${cfg.container.name}";
  # Pruning runs once a day: what comes in between needs room, too.
  mebibytes = cfg: toString (cfg.cache.budgetGb * 1024 * 11 / 10);

  image =
    cfg:
    command {
      name = "coop-cache-image-${cfg.container.name}";
      script = ./scripts/cache-image.sh;
      inputs = [
        pkgs.e2fsprogs
        pkgs.util-linux
      ];
      environment = {
        COOP_IMAGE = "/var/lib/coop/cache-images/${cfg.container.name}.img";
        COOP_MOUNT = mountOf cfg;
        COOP_SIZE_MIB = mebibytes cfg;
        COOP_UID = toString cfg.container.uid;
        COOP_ROOT = "/var/lib/nixos-containers/${cfg.container.name}";
      };
    };

  collect = command {
    name = "coop-metrics";
    script = ./scripts/collect.sh;
    inputs = [
      config.systemd.package
      pkgs.nixos-container
    ];
    environment = {
      COOP_CONTAINERS = lib.concatStringsSep " " (
        lib.mapAttrsToList (name: cfg: "${cfg.container.name}=${name}") config.coop.mastodon
      );
      COOP_METRICS = "/var/lib/coop/metrics";
      COOP_LIBRARY = "${./scripts/metrics.sh}";
    };
  };
in
{
  containers = lib.listToAttrs (
    map (
      cfg:
      lib.nameValuePair cfg.container.name {
        extraFlags = [
          "--bind=${mountOf cfg}:/var/lib/mastodon/public-system/cache:idmap"
          # A new size is a new configuration: coop-rollout then stops it and starts it again.
          "--setenv=COOP_CACHE_MIB=${mebibytes cfg}"
        ];
      }
    ) limited
  );

  systemd.services = lib.mkMerge (
    [
      {
        coop-metrics = lib.mkIf (instances != [ ]) {
          description = "Fetch the metrics of containers";
          startAt = "*:0/15";
          serviceConfig = {
            Type = "oneshot";
            ExecStart = lib.getExe collect;
          };
        };
      }
    ]
    ++ map (cfg: {
      "coop-cache-image-${cfg.container.name}" = {
        description = "File system for the cache of ${cfg.domain}";
        # A container in use keeps it: coop-rollout stops both.
        restartIfChanged = false;
        unitConfig.RequiresMountsFor = "/var/lib/coop";
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${lib.getExe (image cfg)} start";
          ExecStop = "${lib.getExe (image cfg)} stop";
        };
      };
      "container@${cfg.container.name}" = {
        requires = [ "coop-cache-image-${cfg.container.name}.service" ];
        after = [ "coop-cache-image-${cfg.container.name}.service" ];
      };
    }) limited
  );
}
