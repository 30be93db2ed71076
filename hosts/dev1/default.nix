# What the host dev1 is. Written by coop from coop.toml: change it there, and run `coop generate`.
{
  imports = [
    ../../modules
    ./hardware.nix
  ];

  nixpkgs.hostPlatform = "x86_64-linux";

  coop = {
    host = {
      name = "dev1";
      contact = "support@webarch.coop";
      timezone = "Europe/London";
      addresses = [ "203.0.113.5" ];
      operators = {
        chris = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy" ];
        kate = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICiAZs/wfyRsG9DQn0dguugH5woD7qruZCXIieS169NH" ];
      };
      reboot = "Sun 04:00";
      stateVersion = "26.05";
    };
    mastodon.mastodon-dev = {
      domain = "mastodon.webarch.org.uk";
      stage = "development";
      memoryGb = 2;
      container = {
        name = "c2x";
        hostAddress = "10.233.0.9";
        localAddress = "10.233.0.10";
        uid = 900;
        stateVersion = "26.05";
        postgresql = 17;
      };
      federation = {
        mode = "limited";
        authorizedFetch = false;
        policy = ../../policy/mastodon-dev.json;
      };
      cache = {
        keepDays = 3;
        budgetGb = 10;
      };
      signup = {
        join.domains = [
          "webarch.coop"
          "webarch.net"
          "webarchitects.co.uk"
          "webarchitects.coop"
        ];
        invites = false;
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
