# The host's part of media in a bucket: its keys go into the container as credentials.
{ config, lib, ... }:
let
  secret = import ../common/secret-path.nix config;
  stored = lib.filterAttrs (_: cfg: cfg.media.bucket != null) config.coop.mastodon;
  place = _: cfg: "${cfg.media.bucket.endpoint}/${cfg.media.bucket.name}";
  places = lib.mapAttrsToList place stored;

  check =
    name: cfg:
    let
      inherit (cfg.media) bucket;
    in
    [
      {
        assertion = builtins.match "https://[^/@]+" bucket.endpoint != null;
        message = "coop.mastodon.${name}.media.bucket.endpoint must be https:// and a host, without a path: the bucket's name is said apart.";
      }
      {
        assertion =
          !lib.elem bucket.alias [
            cfg.domain
            cfg.webDomain
          ];
        message = "coop.mastodon.${name}.media.bucket.alias must be a name of its own: the instance itself answers at ${cfg.webDomain}.";
      }
      {
        assertion = bucket.accessKeySecret != bucket.secretKeySecret;
        message = "coop.mastodon.${name}.media.bucket: accessKeySecret and secretKeySecret are two secrets, not one.";
      }
      {
        assertion = cfg.staging == null;
        message = "coop.mastodon.${name} is a staging copy and has a bucket: it would prune and overwrite what is in it. Leave media.bucket out.";
      }
    ];
in
{
  assertions = lib.concatLists (lib.mapAttrsToList check stored) ++ [
    {
      assertion = lib.allUnique places;
      message = "Two instances of coop.mastodon share a bucket (${lib.concatStringsSep ", " places}): each would delete the other's media as orphans.";
    }
  ];

  containers = lib.mapAttrs' (
    _: cfg:
    lib.nameValuePair cfg.container.name {
      extraFlags = [
        "--load-credential=bucket-access:${secret cfg.media.bucket.accessKeySecret}"
        "--load-credential=bucket-secret:${secret cfg.media.bucket.secretKeySecret}"
      ];
    }
  ) stored;
}
