# What every host of a fleet is: its name, its operators and the way in. No service.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.coop.host;
  inherit (lib) mkOption types;
  exporter = config.services.prometheus.exporters.node;
  isIpv6 = lib.hasInfix ":" cfg.privateAddress;
  family = if isIpv6 then "ip6" else "ip";
in
{
  options.coop.host = {
    name = mkOption {
      type = types.strMatching "[a-z]([a-z0-9-]*[a-z0-9])?";
      example = "web1";
      description = "The host's name.";
    };
    contact = mkOption {
      type = types.strMatching "[^@[:space:]]+@[^@[:space:]]+";
      example = "support@example.coop";
      description = "Address that the certificate authority may write to.";
    };
    timezone = mkOption {
      type = types.str;
      default = "Etc/UTC";
      example = "Europe/London";
      description = "Time zone of every calendar expression on this host.";
    };
    addresses = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "203.0.113.10"
        "2001:db8::10"
      ];
      description = "Public addresses, as DNS announces them. They are not configured on an interface.";
    };
    privateAddress = mkOption {
      type = types.str;
      default = "127.0.0.1";
      example = "10.0.0.10";
      description = "The address that Prometheus exporters listen on. Never a public one.";
    };
    operators = mkOption {
      type = types.attrsOf (types.listOf types.singleLineStr);
      default = { };
      example = {
        chris = [ "ssh-ed25519 AAAA… chris" ];
      };
      description = "SSH keys of the people who administer the host, by name. Each may log in as root.";
    };
    reboot = mkOption {
      type = types.nullOr types.singleLineStr;
      default = null;
      example = "Sun 04:00";
      description = "Maintenance window (systemd.time(7)) in which the host restarts if its kernel has changed. Without one it never restarts by itself.";
    };
    nameServers = mkOption {
      type = types.listOf types.str;
      default = [
        "9.9.9.9"
        "149.112.112.112"
      ];
      example = [ "192.0.2.53" ];
      description = "Name servers that containers ask, at public addresses: private networks are closed to containers.";
    };
    stateVersion = mkOption {
      type = types.strMatching "[0-9]{2}\\.(05|11)";
      example = "26.05";
      description = "The NixOS release whose ways of keeping state this host follows. Never changed once it runs.";
    };
  };

  config = {
    assertions = [
      {
        assertion = !builtins.elem cfg.privateAddress cfg.addresses;
        message = "coop.host.privateAddress must not be one of the public addresses: exporters would be open to everyone.";
      }
      {
        assertion =
          !builtins.elem cfg.privateAddress [
            "0.0.0.0"
            "::"
          ];
        message = "coop.host.privateAddress must be one address, not every address.";
      }
    ];

    time.timeZone = cfg.timezone;
    system.stateVersion = cfg.stateVersion;

    users.users.root.openssh.authorizedKeys.keys = lib.concatLists (lib.attrValues cfg.operators);

    security.acme = {
      acceptTerms = true;
      defaults.email = cfg.contact;
    };

    networking = {
      hostName = cfg.name;
      nftables.enable = true;
      firewall.allowedTCPPorts = [
        80
        443
      ];
    };

    services = {
      openssh = {
        enable = true;
        settings = {
          PasswordAuthentication = false;
          KbdInteractiveAuthentication = false;
          PermitRootLogin = "prohibit-password";
        };
      };
      nginx = {
        enable = true;
        recommendedTlsSettings = true;
        recommendedOptimisation = true;
        recommendedGzipSettings = true;
        # Every header is set by hand, once, where a request enters.
        recommendedProxySettings = false;
      };
      prometheus.exporters.node = {
        enable = true;
        listenAddress = if isIpv6 then "[${cfg.privateAddress}]" else cfg.privateAddress;
        # Open at that address alone, and nowhere if it is the host's own.
        openFirewall = !lib.hasPrefix "127." cfg.privateAddress && cfg.privateAddress != "::1";
        firewallRules = "${family} daddr ${cfg.privateAddress} tcp dport ${toString exporter.port} accept";
        enabledCollectors = [ "systemd" ];
        extraFlags = [ "--collector.textfile.directory=/var/lib/coop/metrics" ];
      };
    };

    systemd = {
      tmpfiles.rules = [ "d /var/lib/coop/metrics 0755 root root -" ];

      services.coop-reboot = lib.mkIf (cfg.reboot != null) {
        description = "Restart the host if its kernel has changed";
        serviceConfig.Type = "oneshot";
        startAt = cfg.reboot;
        path = [ pkgs.util-linux ];
        environment = {
          COOP_BOOTED = "/run/booted-system/kernel";
          COOP_CURRENT = "/run/current-system/kernel";
          COOP_LOCKS = "/run/coop/locks";
        };
        script = "exec ${pkgs.runtimeShell} ${./reboot.sh}";
      };
      timers.coop-reboot = lib.mkIf (cfg.reboot != null) { timerConfig.Persistent = false; };
    };
  };
}
