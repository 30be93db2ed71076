# What must hold between the options of an instance. Each message says what to do.
{ config, lib, ... }:
let
  host = config.coop.host;
  instances = config.coop.mastodon;
  check = name: cfg: [
    {
      assertion = cfg.stage == "production" -> cfg.backup.repository != null;
      message = "coop.mastodon.${name} is in production and has no backups: set backup.repository.";
    }
    {
      assertion = cfg.stage == "production" -> host.operators != { };
      message = "coop.mastodon.${name} is in production and nobody can log in to its host: set coop.host.operators.";
    }
    {
      assertion = cfg.mail.user != null -> cfg.mail.host != null && cfg.mail.passwordFile != null;
      message = "coop.mastodon.${name}.mail.user needs mail.host and mail.passwordFile.";
    }
    {
      assertion = !(cfg.signup.join.anyone && cfg.signup.join.domains != [ ]);
      message = "coop.mastodon.${name}: everybody may join, so signup.join.domains has no meaning: leave one of them out.";
    }
    {
      assertion =
        !cfg.signup.subdomains && cfg.signup.join.domains != [ ]
        -> cfg.signup.apply.anyone || cfg.signup.apply.domains != [ ];
      message = "coop.mastodon.${name}: Mastodon's own list lets subdomains join too. Set signup.apply.anyone, so that only listed applicants are approved, or signup.subdomains = true.";
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
  assertions =
    lib.concatLists (lib.mapAttrsToList check instances)
    ++ [
      (unique "domain" (lib.concatLists (each (cfg: lib.unique [ cfg.domain cfg.webDomain ]))))
      (unique "container name" (each (cfg: cfg.container.name)))
      (unique "address" (lib.concatLists (each (cfg: [ cfg.container.hostAddress cfg.container.localAddress ]))))
    ];
}
