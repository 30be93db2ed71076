# Before migrations: no new database by accident, no step back over a schema change, and a dump.
{ instance }:
{ config, ... }:
let
  # Filled by a restore, or once by coop-new.
  guarded = instance.stage == "production" || instance.staging != null;
in
{
  systemd.services.mastodon-init-db = {
    environment = {
      COOP_DOMAIN = instance.domain;
      COOP_SEEDING = if guarded then "0" else "1";
      COOP_PACKAGE = "${config.services.mastodon.package}";
      COOP_STATE = "/var/lib/mastodon";
      COOP_KEEP_DUMPS = "3";
    };
    preStart = "bash ${./guard.sh} before";
    postStart = "bash ${./guard.sh} after";
  };
}
