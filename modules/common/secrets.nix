# Where secrets lie on the host: the one place. Everything else names a secret.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.coop.secrets = mkOption {
    type = types.attrsOf (
      types.submodule (
        { name, ... }:
        {
          options.path = mkOption {
            type = types.path;
            default = "/var/lib/coop/secrets/${name}";
            defaultText = lib.literalMD "`/var/lib/coop/secrets/«name»`";
            example = "/run/agenix/relay";
            description = "File on the host with the secret. It is never read while NixOS is built.";
          };
        }
      )
    );
    default = { };
    example = {
      relay.path = "/run/agenix/relay";
    };
    description = "Secrets that lie elsewhere than where the administrator puts them, `/var/lib/coop/secrets/«name»`, by name. A secret that is not listed lies there.";
  };

  config.systemd.tmpfiles.rules = [ "d /var/lib/coop/secrets 0700 root root -" ];
}
