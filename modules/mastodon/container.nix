# The container of each instance: network, users, memory, order of starting.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  instances = config.coop.mastodon;
  containers = lib.mapAttrsToList (_: cfg: cfg.container.name) instances;
  inherit (config.coop.host) nameServers timezone;
in
{
  containers = lib.mapAttrs' (
    _: cfg:
    lib.nameValuePair cfg.container.name {
      autoStart = true;
      privateNetwork = true;
      privateUsers = "pick";
      inherit (cfg.container) hostAddress localAddress;
      # It is ready only once its migrations are through; these may take hours.
      timeoutStartSec = "infinity";
      extraFlags = lib.optional (
        cfg.mail.passwordFile != null
      ) "--load-credential=relay:${cfg.mail.passwordFile}";
      config = {
        imports = [ (import ./inside { instance = cfg; }) ] ++ cfg.extraModules;
        nixpkgs.pkgs = pkgs;
        system.stateVersion = cfg.container.stateVersion;
        time.timeZone = timezone;
        networking = {
          useHostResolvConf = false;
          nameservers = nameServers;
        };
      };
    }
  ) instances;

  systemd.services = lib.mkMerge [
    (lib.mapAttrs' (
      _: cfg:
      lib.nameValuePair "container@${cfg.container.name}" {
        serviceConfig.MemoryMax = "${toString cfg.memoryGb}G";
      }
    ) instances)
    # One after another, so that an update of all does not start all at once.
    (lib.listToAttrs (
      lib.zipListsWith (
        before: name: lib.nameValuePair "container@${name}" { after = [ "container@${before}.service" ]; }
      ) containers (lib.drop 1 containers)
    ))
  ];
}
