# Sign-up and federation policy, which live in the database: applied at start and after a change.
{ instance }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (instance) signup federation;
  web = config.systemd.services.mastodon-web;
  mode =
    if signup.apply.anyone || signup.apply.domains != [ ] then
      "approved"
    else if signup.join.anyone || signup.join.domains != [ ] then
      "open"
    else
      "none";
  settings = pkgs.writeText "coop-signup.json" (
    builtins.toJSON {
      inherit mode;
      inherit (signup) invites;
      join = signup.join.domains;
      inherit (signup) subdomains;
    }
  );
  runner = script: {
    environment =
      removeAttrs web.environment [
        "PATH"
        "PORT"
        "SOCKET"
      ]
      // {
        COOP_SIGNUP = settings;
        COOP_RECORD = "/var/lib/mastodon/policy-record.json";
      }
      // lib.optionalAttrs (federation.policy != null) { COOP_POLICY = "${federation.policy}"; };
    # After, never Requires: requiring mastodon-init-db runs the migrations again.
    after = [
      "mastodon-init-db.service"
      "mastodon-web.service"
      "postgresql.target"
      "redis-mastodon.service"
    ];
    serviceConfig =
      removeAttrs web.serviceConfig [
        "Restart"
        "RestartSec"
        "RuntimeDirectory"
        "RuntimeDirectoryMode"
      ]
      // {
        Type = "oneshot";
        ExecStart = "${config.services.mastodon.package}/bin/rails runner ${script}";
      };
  };
in
{
  systemd.services.coop-reconcile = runner ./reconcile.rb // {
    description = "Apply sign-up and federation policy";
    wantedBy = [ "multi-user.target" ];
  };
  systemd.services.coop-approve = lib.mkIf (mode == "approved" && signup.join.domains != [ ]) (
    runner ./approve.rb
    // {
      description = "Approve applicants with a listed address";
      startAt = "*:0/5";
    }
  );
}
