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
  registration = import ../signup-mode.nix { inherit lib; } signup;
  settings = pkgs.writeText "coop-signup.json" (
    builtins.toJSON {
      inherit (registration) mode;
      inherit (signup) invites join;
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
  systemd.services.coop-approve = lib.mkIf registration.approves (
    runner ./approve.rb
    // {
      description = "Approve applicants with a listed address";
      startAt = "*:0/5";
    }
  );
}
