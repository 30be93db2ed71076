# Media in a bucket: its address in the environment, its keys in a file made from credentials.
{ instance }:
{ lib, pkgs, ... }:
let
  inherit (instance.media) bucket;
  file = "/run/coop-bucket/environment";
in
lib.mkIf (bucket != null) {
  services.mastodon = {
    extraEnvFiles = [ file ];
    extraConfig = {
      S3_ENABLED = "true";
      S3_ENDPOINT = bucket.endpoint;
      S3_HOSTNAME = lib.removePrefix "https://" bucket.endpoint;
      S3_BUCKET = bucket.name;
    }
    // lib.optionalAttrs (bucket.region != null) { S3_REGION = bucket.region; }
    // lib.optionalAttrs (bucket.alias != null) { S3_ALIAS_HOST = bucket.alias; };
  };

  systemd.services = {
    coop-bucket = {
      description = "Keys of the media bucket";
      environment.COOP_ENVIRONMENT = file;
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        # Mastodon's user has to read it in mastodon-tootctl; systemd reads it as root.
        User = "mastodon";
        RuntimeDirectory = "coop-bucket";
        RuntimeDirectoryMode = "0750";
        LoadCredential = [
          "bucket-access"
          "bucket-secret"
        ];
      };
      script = "exec ${pkgs.runtimeShell} ${./bucket.sh}";
    };
    # Everything else of Mastodon comes after this one.
    mastodon-init-dirs = {
      requires = [ "coop-bucket.service" ];
      after = [ "coop-bucket.service" ];
    };
  };
}
