# What the host web1 is. Written by coop from coop.toml: change it there, and run `coop generate`.
{
  imports = [
    ../../modules
    ./hardware.nix
    ./options.nix
  ];

  nixpkgs.hostPlatform = "x86_64-linux";

  coop = {
    host = {
      name = "web1";
      contact = "support@webarch.coop";
      timezone = "Europe/London";
      addresses = [
        "203.0.113.10"
        "2001:db8::10"
      ];
      operators = {
        chris = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy" ];
        kate = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICiAZs/wfyRsG9DQn0dguugH5woD7qruZCXIieS169NH" ];
      };
      reboot = "Sun 04:00";
      stateVersion = "26.05";
    };
    mastodon.socialmedia = {
      domain = "socialmedia.coop";
      stage = "production";
      memoryGb = 8;
      container = {
        name = "socialmedia";
        hostAddress = "10.233.0.13";
        localAddress = "10.233.0.14";
        uid = 900;
        stateVersion = "26.05";
        postgresql = 17;
      };
      federation = {
        mode = "open";
        authorizedFetch = false;
        policy = ../../policy/socialmedia.json;
      };
      cache = {
        keepDays = 14;
        budgetGb = 40;
      };
      site = {
        title = "socialmedia.coop";
        languages = [ "en" ];
        rules = [
          "Be kind: no harassment, no hatred."
          "No advertising."
          "Say so when an account is run by a machine."
        ];
        privacy = ../../policy/socialmedia-privacy.md;
      };
      signup = {
        join.domains = [
          "agaric.coop"
          "animorph.coop"
          "outlandish.com"
          "webarch.coop"
          "webarch.net"
          "webarchitects.co.uk"
          "webarchitects.coop"
        ];
        apply.anyone = true;
        invites = false;
      };
      backup = {
        repository = "sftp:coop@store.example:/coop";
        passwordSecret = "restic";
        at = "02:15";
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
        name = "chris";
        email = "chris@webarch.coop";
      };
    };
  };
}
