# Before migrations: no new database or keys by accident, no step back over a schema change, a dump.
{ instance }:
{ config, pkgs, ... }:
let
  cfg = config.services.mastodon;
  # Filled by a restore, or once by coop-new.
  guarded = instance.stage == "production" || instance.staging != null;
  common = {
    COOP_DOMAIN = instance.domain;
    COOP_STATE = "/var/lib/mastodon";
  };
in
{
  systemd.services = {
    # It makes keys that are missing, without a word.
    mastodon-init-dirs = {
      path = [ config.services.postgresql.package ];
      wants = [ "postgresql.target" ];
      after = [ "postgresql.target" ];
      environment = common // {
        COOP_KEYS = toString [
          cfg.activeRecordEncryptionDeterministicKeyFile
          cfg.activeRecordEncryptionKeyDerivationSaltFile
          cfg.activeRecordEncryptionPrimaryKeyFile
          cfg.secretKeyBaseFile
          cfg.vapidPrivateKeyFile
          cfg.vapidPublicKeyFile
        ];
      };
      preStart = "${pkgs.runtimeShell} ${./guard.sh} keys";
    };

    mastodon-init-db = {
      environment = common // {
        COOP_SEEDING = if guarded then "0" else "1";
        COOP_PACKAGE = "${cfg.package}";
        COOP_KEEP_DUMPS = "3";
      };
      preStart = "${pkgs.runtimeShell} ${./guard.sh} before";
      postStart = "${pkgs.runtimeShell} ${./guard.sh} after";
    };
  };
}
