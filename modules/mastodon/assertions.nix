# What must hold between the options of an instance. Each message says what to do.
{ config, lib, ... }:
let
  inherit (config.coop) host;
  instances = config.coop.mastodon;
  listed = list: list.domains ++ list.domainsWithSubdomains;
  signupMode = import ./signup-mode.nix { inherit lib; };
  # As Mastodon's list means it: the domain, or any below it.
  isAt = email: domain: lib.hasSuffix "@${domain}" email || lib.hasSuffix ".${domain}" email;
  check =
    name: cfg:
    let
      registration = signupMode cfg.signup;
    in
    [
      {
        assertion = cfg.stage == "production" -> cfg.backup.repository != null;
        message = "coop.mastodon.${name} is in production and has no backups: set backup.repository.";
      }
      {
        assertion = cfg.stage == "production" -> host.operators != { };
        message = "coop.mastodon.${name} is in production and nobody can log in to its host: set coop.host.operators.";
      }
      {
        assertion = cfg.mail.user != null -> cfg.mail.host != null && cfg.mail.passwordSecret != null;
        message = "coop.mastodon.${name}.mail.user needs mail.host and mail.passwordSecret.";
      }
      {
        assertion = cfg.signup.join.anyone -> listed cfg.signup.join == [ ];
        message = "coop.mastodon.${name}: everybody may join, so the domains in signup.join have no meaning: leave one of them out.";
      }
      {
        assertion = cfg.signup.join.anyone -> !cfg.signup.apply.anyone && listed cfg.signup.apply == [ ];
        message = "coop.mastodon.${name}: everybody may join, so nobody has to ask: leave signup.apply out.";
      }
      {
        assertion = cfg.signup.apply.anyone -> listed cfg.signup.apply == [ ];
        message = "coop.mastodon.${name}: everybody may ask, so the domains in signup.apply have no meaning: leave one of them out.";
      }
      {
        assertion =
          cfg.owner != null && registration.allowList != [ ]
          -> lib.any (isAt cfg.owner.email) registration.allowList;
        message = "coop.mastodon.${name}.owner.email is at none of the domains in signup (${lib.concatStringsSep ", " registration.allowList}): Mastodon would refuse it. Add its domain to signup, or take another address.";
      }
      {
        assertion = cfg.container.hostAddress != cfg.container.localAddress;
        message = "coop.mastodon.${name}.container: hostAddress and localAddress must differ.";
      }
    ];
  unique = what: values: {
    assertion = lib.allUnique values;
    message = "Two instances of coop.mastodon share a ${what}: ${lib.concatStringsSep ", " values}.";
  };
  each = f: map f (lib.attrValues instances);
in
{
  assertions = lib.concatLists (lib.mapAttrsToList check instances) ++ [
    (unique "domain" (
      lib.concatLists (
        each (
          cfg:
          lib.unique [
            cfg.domain
            cfg.webDomain
          ]
        )
      )
    ))
    (unique "container name" (each (cfg: cfg.container.name)))
    (unique "address" (
      lib.concatLists (
        each (cfg: [
          cfg.container.hostAddress
          cfg.container.localAddress
        ])
      )
    ))
  ];
}
