# A list of what is wrong with the evaluated example host: empty when all is well.
{ nixpkgs }:
let
  lib = import (nixpkgs + "/lib");
  host =
    module:
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = "x86_64-linux";
      modules = [
        ../vm/example-host.nix
        module
      ];
    }).config;

  good = host { };
  inner = good.containers.social.config;
  web = good.services.nginx.virtualHosts."social.example.coop";

  # What sign-up comes to: mode, allow list, whether applicants are approved.
  mode = import ../../modules/mastodon/signup-mode.nix { inherit lib; };
  nobody = {
    anyone = false;
    domains = [ ];
    domainsWithSubdomains = [ ];
  };
  comesTo =
    join: apply: expected:
    mode {
      join = nobody // join;
      apply = nobody // apply;
    } == expected;
  exact = {
    domains = [
      "b.example"
      "a.example"
    ];
  };
  tree.domainsWithSubdomains = [ "ac.example" ];
  anyone.anyone = true;
  is = mode: allowList: approves: { inherit mode allowList approves; };
  exactList = [
    "b.example"
    "a.example"
  ];
  treeList = [ "ac.example" ];

  signups = {
    "nobody: closed" = comesTo { } { } (is "none" [ ] false);
    "anyone joins: open, no list" = comesTo anyone { } (is "open" [ ] false);
    "trees join: open, Mastodon's list means trees" = comesTo tree { } (is "open" treeList false);
    "exact domains join: approved, subdomains wait" = comesTo exact { } (is "approved" exactList true);
    "both join" = comesTo (exact // tree) { } (is "approved" (exactList ++ treeList) true);
    "trees join, others of a list ask" = comesTo tree exact (
      is "approved" (treeList ++ exactList) true
    );
    "trees join, anyone asks: no list" = comesTo tree anyone (is "approved" [ ] true);
    "anyone asks" = comesTo { } anyone (is "approved" [ ] false);
    "some ask" = comesTo { } exact (is "approved" exactList false);
    "a domain that joins and asks is listed once" = comesTo exact exact (is "approved" exactList true);
  };

  values = signups // {
    "applicants are approved every five minutes" =
      inner.systemd.services.coop-approve.startAt == [ "*:0/5" ];
    "the address that owners get a link for is the owner's" =
      inner.systemd.services.coop-owner.environment.COOP_OWNER_EMAIL == "chris@example.coop";
    "the first language is the server's" =
      inner.systemd.services.mastodon-web.environment.DEFAULT_LOCALE == "en";
    "owners have a command" = lib.any (
      package: package.name or "" == "coop-owner-social"
    ) good.environment.systemPackages;
    "policy is looked at every day" = inner.systemd.services.coop-reconcile.startAt == [ "daily" ];
    "nothing of Mastodon is started by it" = inner.systemd.services.coop-reconcile.requires == [ ];
    "the allow list is what the instance says" =
      inner.services.mastodon.extraConfig.EMAIL_DOMAIN_ALLOWLIST == "example.coop|members.example";
    "the web domain is set" =
      inner.systemd.services.mastodon-web.environment.WEB_DOMAIN == "social.example.coop";
    "a migration is never cut off" = good.containers.social.timeoutStartSec == "infinity";
    "root inside is nobody outside" = good.containers.social.privateUsers == "pick";
    "the outer nginx takes large uploads" = lib.hasInfix "client_max_body_size 100m" web.extraConfig;
    "the inner nginx says https" =
      lib.hasInfix "X-Forwarded-Proto https"
        inner.services.nginx.virtualHosts."example.coop".locations."@proxy".extraConfig;
    "exporters are the host's own" =
      good.services.prometheus.exporters.node.listenAddress == "127.0.0.1"
      && !lib.hasInfix "9100" good.networking.firewall.extraInputRules;
    "on a private side they are reached there, and only there" =
      let
        private = host { coop.host.privateAddress = "10.0.0.10"; };
      in
      private.services.prometheus.exporters.node.listenAddress == "10.0.0.10"
      && private.networking.firewall.extraInputRules == "ip daddr 10.0.0.10 tcp dport 9100 accept"
      && !lib.elem 9100 private.networking.firewall.allowedTCPPorts;
    "by IPv6 as well" =
      let
        private = host { coop.host.privateAddress = "fd00::10"; };
      in
      private.services.prometheus.exporters.node.listenAddress == "[fd00::10]"
      && private.networking.firewall.extraInputRules == "ip6 daddr fd00::10 tcp dport 9100 accept";
    "containers get out by IPv6 where the host does" =
      good.networking.nat.enableIPv6
      && good.containers.social.hostAddress6 == "fd63:6f6f:7000::ae9:5"
      && good.containers.social.localAddress6 == "fd63:6f6f:7000::ae9:6";
    "and where it does not, they do not try" =
      let
        old = host { coop.host.addresses = lib.mkForce [ "203.0.113.10" ]; };
      in
      !old.networking.nat.enableIPv6 && old.containers.social.localAddress6 == null;
    "containers ask name servers of their own" =
      inner.networking.nameservers == [
        "9.9.9.9"
        "149.112.112.112"
      ]
      && !inner.networking.useHostResolvConf
      && inner.services.resolved.enable;
    "nobody logs in with a password" = !good.services.openssh.settings.PasswordAuthentication;
    "nothing warns" = good.warnings == [ ] && inner.warnings == [ ];
  };

  social = settings: { coop.mastodon.social = settings; };
  refused = {
    "set backup.repository" = social { backup.repository = lib.mkForce null; };
    "set coop.host.operators" = {
      coop.host.operators = lib.mkForce { };
    };
    "must not be one of the public addresses" = {
      coop.host.privateAddress = "203.0.113.10";
    };
    "everybody may join" = social { signup.join.anyone = true; };
    "nobody has to ask" = social {
      signup = {
        join = lib.mkForce { anyone = true; };
        apply.anyone = true;
      };
    };
    "everybody may ask" = social {
      signup.apply = {
        anyone = true;
        domains = [ "example.org" ];
      };
    };
    "owner.email is at none of the domains" = social { owner.email = lib.mkForce "a@notexample.coop"; };
    "needs mail.host" = social { mail.host = lib.mkForce null; };
    "share a domain" = {
      coop.mastodon.other = {
        domain = "example.coop";
        stage = "development";
        container = {
          hostAddress = "10.233.0.9";
          localAddress = "10.233.0.10";
          stateVersion = "26.05";
          postgresql = 17;
        };
      };
    };
  };
  says =
    text: module:
    builtins.any (item: !item.assertion && lib.hasInfix text item.message) (host module).assertions;
in
lib.attrNames (lib.filterAttrs (_: holds: !holds) values)
++ lib.attrNames (lib.filterAttrs (text: module: !(says text module)) refused)
