# What the host web2 is. Written by coop from coop.toml: change it there, and run `coop generate`.
{
  imports = [
    ../../modules
    ./hardware.nix
  ];

  nixpkgs.hostPlatform = "x86_64-linux";

  coop = {
    host = {
      name = "web2";
      contact = "support@webarch.coop";
      timezone = "Europe/London";
      addresses = [
        "203.0.113.20"
        "2001:db8::20"
      ];
      operators = {
        chris = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy" ];
        kate = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICiAZs/wfyRsG9DQn0dguugH5woD7qruZCXIieS169NH" ];
      };
      reboot = "Sun 05:00";
      stateVersion = "26.05";
    };
    mastodon = {
      allotments = {
        domain = "social.allotments.example";
        stage = "production";
        memoryGb = 4;
        container = {
          name = "allotments";
          hostAddress = "10.233.0.5";
          localAddress = "10.233.0.6";
          uid = 900;
          stateVersion = "26.05";
          postgresql = 17;
        };
        federation = {
          mode = "open";
          authorizedFetch = false;
          policy = ../../policy/allotments.json;
        };
        cache = {
          keepDays = 7;
          budgetGb = 30;
        };
        site = {
          title = "Over the fence";
          languages = [ "en" ];
        };
        signup = {
          join.domains = [ "allotments.example" ];
          apply.anyone = true;
          invites = false;
        };
        backup = {
          repository = "sftp:coop@store.example:/coop";
          passwordSecret = "restic";
          at = "03:15";
          drill = "weekly";
          keep = {
            daily = 7;
            weekly = 4;
            monthly = 6;
          };
        };
        mail = {
          host = "smtp.webarch.coop";
          port = 587;
          user = "fleet";
          passwordSecret = "relay";
        };
        owner = {
          name = "mo";
          email = "mo@allotments.example";
        };
      };
      theatre = {
        domain = "theatre.example";
        webDomain = "social.theatre.example";
        stage = "production";
        memoryGb = 4;
        container = {
          name = "theatre";
          hostAddress = "10.233.0.17";
          localAddress = "10.233.0.18";
          uid = 900;
          stateVersion = "26.05";
          postgresql = 17;
        };
        federation = {
          mode = "open";
          authorizedFetch = false;
          policy = ../../policy/theatre.json;
        };
        cache = {
          keepDays = 7;
          budgetGb = 30;
        };
        site = {
          title = "Riverside Theatre";
          languages = [
            "en"
            "fr"
          ];
        };
        signup = {
          join.domainsWithSubdomains = [ "theatre.example" ];
          invites = false;
        };
        backup = {
          repository = "sftp:coop@store.example:/coop";
          passwordSecret = "restic";
          at = "03:15";
          drill = "weekly";
          keep = {
            daily = 7;
            weekly = 4;
            monthly = 6;
          };
        };
        mail = {
          host = "smtp.webarch.coop";
          port = 587;
          user = "fleet";
          passwordSecret = "relay";
        };
        owner = {
          name = "ines";
          email = "ines@theatre.example";
        };
      };
      union = {
        domain = "social.union.example";
        stage = "production";
        memoryGb = 4;
        container = {
          name = "union";
          hostAddress = "10.233.0.21";
          localAddress = "10.233.0.22";
          uid = 900;
          stateVersion = "26.05";
          postgresql = 17;
        };
        federation = {
          mode = "limited";
          authorizedFetch = false;
          policy = ../../policy/union.json;
        };
        cache = {
          keepDays = 7;
          budgetGb = 30;
        };
        site = {
          title = "City Tenants' Union";
          languages = [ "en" ];
        };
        signup = {
          apply.domains = [
            "north.union.example"
            "union.example"
          ];
          invites = false;
        };
        backup = {
          repository = "sftp:coop@store.example:/coop";
          passwordSecret = "restic";
          at = "03:15";
          drill = "weekly";
          keep = {
            daily = 7;
            weekly = 4;
            monthly = 6;
          };
        };
        mail = {
          host = "smtp.webarch.coop";
          port = 587;
          user = "fleet";
          passwordSecret = "relay";
        };
        owner = {
          name = "sam";
          email = "sam@union.example";
        };
      };
    };
  };
}
