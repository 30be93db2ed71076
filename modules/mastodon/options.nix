# The options of `coop.mastodon.<name>`: what an instance is. No configuration is made here.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (import ./options/types.nix { inherit lib; }) domain;

  instance =
    { config, ... }:
    {
      imports = [
        ./options/container.nix
        ./options/federation.nix
        ./options/mail.nix
        ./options/signup.nix
        ./options/site.nix
        ./options/staging.nix
        ./options/storage.nix
      ];

      options = {
        domain = mkOption {
          type = domain;
          example = "social.example.coop";
          description = "The domain in people's handles. It can never be changed.";
        };
        webDomain = mkOption {
          type = domain;
          default = config.domain;
          defaultText = lib.literalExpression "domain";
          example = "mastodon.example.coop";
          description = "Where it answers, if elsewhere. The handles' domain then serves `.well-known` only.";
        };
        stage = mkOption {
          type = types.enum [
            "production"
            "staging"
            "development"
          ];
          default = "production";
          example = "development";
          description = "What may happen to it: production demands backups and operators, development is not indexed and may be wiped.";
        };
        memoryGb = mkOption {
          type = types.ints.positive;
          default = 4;
          example = 8;
          description = "Memory that its container may use, in GiB.";
        };
        extraModules = mkOption {
          type = types.listOf types.deferredModule;
          default = [ ];
          example = lib.literalExpression "[ { services.mastodon.webProcesses = 4; } ]";
          description = "Further NixOS modules for the container.";
        };
      };
    };
in
{
  options.coop.mastodon = mkOption {
    type = types.attrsOf (types.submodule instance);
    default = { };
    example = lib.literalExpression ''
      {
        social = {
          domain = "social.example.coop";
          container = {
            hostAddress = "10.233.0.5";
            localAddress = "10.233.0.6";
            stateVersion = "26.05";
            postgresql = 17;
          };
        };
      }
    '';
    description = "Mastodon instances on this host, by name.";
  };
}
