# Sign-up, policy, site and owner, which live in the database: applied at start, after a change, and
# once a day, so that what somebody else changed is noticed.
{ instance }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (instance) signup federation site;
  registration = import ../signup-mode.nix { inherit lib; } signup;
  tootctl = import ./tootctl.nix { inherit config pkgs; };

  declared = pkgs.writeText "coop-declared.json" (
    builtins.toJSON {
      signup = {
        inherit (registration) mode;
        inherit (signup) invites join;
      };
      site = {
        inherit (site) title description rules;
        privacy = if site.privacy == null then null else "${site.privacy}";
      };
      inherit (instance) owner;
      hidden = instance.stage != "production";
    }
  );
  nothing = pkgs.writeText "coop-no-policy.json" (
    builtins.toJSON {
      blocks = [ ];
      allows = [ ];
    }
  );

  runner =
    script: settings:
    tootctl
    // {
      environment = tootctl.environment // { COOP_SETTINGS = "${declared}"; } // settings;
      serviceConfig = tootctl.serviceConfig // {
        ExecStart = "${config.services.mastodon.package}/bin/rails runner ${script}";
      };
    };
in
{
  systemd = {
    services = {
      coop-reconcile =
        runner "${./reconcile}/main.rb" {
          COOP_INSTANCE = instance.name;
          COOP_POLICY = if federation.policy == null then "${nothing}" else "${federation.policy}";
          COOP_RECORD = "/var/lib/mastodon/policy-record.json";
          COOP_METRICS_FILE = "/var/lib/mastodon/policy.prom";
        }
        // {
          description = "Apply sign-up, federation policy and site";
          wantedBy = [ "multi-user.target" ];
          startAt = "daily";
        };

      coop-approve = lib.mkIf registration.approves (
        runner ./approve.rb { }
        // {
          description = "Approve applicants with a listed address";
          startAt = "*:0/5";
        }
      );

      coop-owner = lib.mkIf (instance.owner != null) (
        lib.recursiveUpdate
          (runner ./owner_link.rb {
            COOP_OWNER_EMAIL = instance.owner.email;
            COOP_WEB_DOMAIN = instance.webDomain;
          })
          {
            description = "Make a link that lets the first owner set a password";
            serviceConfig = {
              RuntimeDirectory = "coop-owner";
              RuntimeDirectoryMode = "0700";
              # The host's command reads it, and then removes it.
              RuntimeDirectoryPreserve = true;
            };
          }
      );
    };

    timers.coop-reconcile.timerConfig.RandomizedDelaySec = "2h";
  };
}
