# The container of each instance: network, users, memory, order of starting, restarts in turn.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  secretPath = import ../common/secret-path.nix config;
  instances = config.coop.mastodon;
  containers = lib.mapAttrsToList (_: cfg: cfg.container.name) instances;
  inherit (config.coop.host) nameServers timezone;
  hasIpv6 = import ../common/ipv6.nix { inherit config lib; };

  # The private IPv4 address, in a private network of IPv6 (RFC 4193): settled as that one is.
  ipv6Of =
    address:
    let
      numbers = map lib.toInt (lib.splitString "." address);
      group = high: low: lib.toLower (lib.toHexString (256 * high + low));
      pair = index: group (lib.elemAt numbers index) (lib.elemAt numbers (index + 1));
    in
    if hasIpv6 then "fd63:6f6f:7000::${pair 0}:${pair 2}" else null;

  rollout = command {
    name = "coop-rollout";
    script = ./scripts/rollout.sh;
    inputs = [
      config.systemd.package
      pkgs.curl
      pkgs.diffutils
    ];
    environment = {
      COOP_CONTAINERS = lib.concatStringsSep " " (
        lib.mapAttrsToList (
          _: cfg: "${cfg.container.name}=${cfg.container.localAddress}=${cfg.webDomain}"
        ) instances
      );
      COOP_CONFIGURED = "/etc/nixos-containers";
      COOP_STARTED = "/run/coop-containers";
      COOP_PATIENCE = "600";
      COOP_INTERVAL = "2";
    };
  };
in
{
  containers = lib.mapAttrs' (
    name: cfg:
    lib.nameValuePair cfg.container.name {
      autoStart = true;
      # All would be stopped at once: coop-rollout restarts one after another.
      restartIfChanged = false;
      privateNetwork = true;
      privateUsers = "pick";
      inherit (cfg.container) hostAddress localAddress;
      hostAddress6 = ipv6Of cfg.container.hostAddress;
      localAddress6 = ipv6Of cfg.container.localAddress;
      # It is ready only once its migrations are through; these may take hours.
      timeoutStartSec = "infinity";
      extraFlags = lib.optional (
        cfg.mail.passwordSecret != null
      ) "--load-credential=relay:${secretPath cfg.mail.passwordSecret}";
      config = {
        imports = [
          (import ./inside {
            instance = cfg // {
              inherit name;
            };
          })
        ]
        ++ cfg.extraModules;
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
        # What it was started with: coop-rollout compares.
        postStart = ''
          mkdir -p /run/coop-containers
          cp --remove-destination "/etc/nixos-containers/$INSTANCE.conf" /run/coop-containers/
        '';
      }
    ) instances)
    # One after another, so that a boot does not start all at once.
    (lib.listToAttrs (
      lib.zipListsWith (
        before: name: lib.nameValuePair "container@${name}" { after = [ "container@${before}.service" ]; }
      ) containers (lib.drop 1 containers)
    ))
    {
      coop-rollout = lib.mkIf (instances != { }) {
        description = "Restart changed containers, one after another";
        wantedBy = [ "multi-user.target" ];
        after = map (name: "container@${name}.service") containers;
        restartTriggers = map (
          name: config.environment.etc."nixos-containers/${name}.conf".source
        ) containers;
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = lib.getExe rollout;
        };
      };
    }
  ];
}
