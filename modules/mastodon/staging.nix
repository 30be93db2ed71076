# Staging copies: restored on a calendar from the backup of the instance that they copy, and sealed.
# Nothing gets out of the container, and nobody gets in without the password.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  command = import ./command.nix { inherit lib pkgs; };
  restic = import ./restic.nix { inherit config pkgs; };
  copies = lib.filterAttrs (_: cfg: cfg.staging != null) config.coop.mastodon;
  interfaces = lib.concatMapStringsSep ", " (cfg: ''"ve-${cfg.container.name}"'') (
    lib.attrValues copies
  );

  copy =
    name: cfg:
    command {
      name = "coop-copy-${name}";
      script = ./scripts/restore.sh;
      inputs = restic.inputs cfg;
      environment =
        restic.restore "coop-copy-${name}" cfg cfg.staging.of cfg.staging
          "${./scripts/seal.sql}";
    };

  passwords = command {
    name = "coop-htpasswd";
    script = ./scripts/htpasswd.sh;
    environment = {
      COOP_FILES = lib.concatStringsSep " " (
        lib.mapAttrsToList (name: cfg: "${name}=${restic.secret cfg.staging.htpasswdSecret}") copies
      );
      COOP_TARGET = "/run/coop-htpasswd";
    };
  };

  closed = list: !list.anyone && list.domains == [ ] && list.domainsWithSubdomains == [ ];
  check =
    name: cfg:
    let
      original = config.coop.mastodon.${cfg.staging.of} or null;
      inherit (cfg) signup;
    in
    [
      {
        assertion = cfg.stage == "staging";
        message = "coop.mastodon.${name} copies ${cfg.staging.of} and is in ${cfg.stage}: set stage = \"staging\".";
      }
      {
        assertion = cfg.staging.of != name;
        message = "coop.mastodon.${name}.staging.of is the instance itself.";
      }
      {
        assertion = cfg.federation.mode == "limited";
        message = "coop.mastodon.${name} is a staging copy and would federate in another's name: leave federation.mode out.";
      }
      {
        assertion = !signup.invites && closed signup.join && closed signup.apply;
        message = "coop.mastodon.${name} is a staging copy: nobody signs up to it. Leave signup out.";
      }
      {
        assertion = cfg.mail.host == null;
        message = "coop.mastodon.${name} is a staging copy and sends no mail: leave mail.host out.";
      }
      {
        assertion = cfg.backup.repository == null;
        message = "coop.mastodon.${name} is a staging copy, made of a backup: leave backup.repository out.";
      }
      {
        assertion = original != null -> original.domain != cfg.domain;
        message = "coop.mastodon.${name} copies ${cfg.staging.of} and must not answer for its domain.";
      }
      {
        assertion = original != null -> original.backup.repository == cfg.staging.repository;
        message = "coop.mastodon.${name}.staging.repository is not the one that ${cfg.staging.of} backs up to.";
      }
    ];
in
{
  assertions = lib.concatLists (lib.mapAttrsToList check copies);

  environment.systemPackages = lib.mapAttrsToList copy copies;

  systemd.services = lib.mkIf (copies != { }) (
    {
      coop-htpasswd = {
        description = "Passwords in front of staging copies";
        wantedBy = [ "nginx.service" ];
        before = [ "nginx.service" ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          RuntimeDirectory = "coop-htpasswd";
          ExecStart = lib.getExe passwords;
        };
      };
    }
    // lib.mapAttrs' (
      name: cfg:
      lib.nameValuePair "coop-copy-${name}" {
        description = "Restore ${cfg.domain} from the backup of ${cfg.staging.of}";
        after = [
          "container@${cfg.container.name}.service"
          "network-online.target"
        ];
        wants = [ "network-online.target" ];
        restartIfChanged = false;
        serviceConfig = restic.inBackground // {
          ExecStart = "${lib.getExe (copy name cfg)} --yes";
        };
      }
    ) copies
  );

  systemd.timers = lib.mapAttrs' (
    name: cfg:
    lib.nameValuePair "coop-copy-${name}" {
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnCalendar = cfg.staging.at;
        Persistent = true;
      };
    }
  ) copies;

  # Before the rules of tenants and of NAT. What they accept is dropped here all the same.
  networking.nftables.tables.coop-staging = lib.mkIf (copies != { }) {
    family = "inet";
    content = ''
      chain forward {
        type filter hook forward priority -20; policy accept;
        iifname { ${interfaces} } drop
        oifname { ${interfaces} } drop
      }
      chain input {
        type filter hook input priority -20; policy accept;
        iifname { ${interfaces} } ct state new drop
      }
    '';
  };
}
