# What is kept, where and how long: other servers' media, own media in a bucket, backups.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; })
    calendar
    domain
    plain
    secret
    ;

  bucket = {
    endpoint = mkOption {
      type = plain;
      example = "https://s3.example.net";
      description = "Where the bucket's service answers, without the bucket's name.";
    };
    name = mkOption {
      type = plain;
      example = "social-media";
      description = "The bucket's name.";
    };
    region = mkOption {
      type = types.nullOr plain;
      default = null;
      example = "eu-central-1";
      description = "The region, for services that have some.";
    };
    alias = mkOption {
      type = types.nullOr domain;
      default = null;
      example = "media.example.coop";
      description = "The name that people's browsers fetch media from, if it is not the endpoint.";
    };
    accessKeySecret = mkOption {
      type = secret;
      example = "media-access";
      description = "Secret with the access key's id.";
    };
    secretKeySecret = mkOption {
      type = secret;
      example = "media-secret";
      description = "Secret with the access key itself.";
    };
  };
in
{
  options = {
    cache = {
      keepDays = mkOption {
        type = types.ints.positive;
        default = 14;
        example = 7;
        description = "Days that other servers' media are kept.";
      };
      budgetGb = mkOption {
        type = types.nullOr types.ints.positive;
        default = null;
        example = 40;
        description = "Size of other servers' media in GiB above which pruning gets stricter. On disk a file system a tenth larger is their hard limit.";
      };
    };

    media.bucket = mkOption {
      type = types.nullOr (types.submodule { options = bucket; });
      default = null;
      example = lib.literalExpression ''
        {
          endpoint = "https://s3.example.net";
          name = "social-media";
          accessKeySecret = "media-access";
          secretKeySecret = "media-secret";
        }
      '';
      description = "The S3 bucket that keeps its media. Without one they are on the host's disk.";
    };

    backup = {
      repository = mkOption {
        type = types.nullOr types.singleLineStr;
        default = null;
        example = "sftp:coop@store.example:/coop";
        description = "The restic repository. Without one there are no backups.";
      };
      passwordSecret = mkOption {
        type = secret;
        example = "restic";
        description = "Secret with the repository's password. Keep a copy of it away from this host.";
      };
      at = mkOption {
        type = calendar;
        default = "02:15";
        example = "Mon..Sat 03:00";
        description = "When to back up (systemd.time(7)).";
      };
      drill = mkOption {
        type = types.nullOr calendar;
        default = "weekly";
        example = "Sat 05:00";
        description = "When the latest backup is restored into a scratch database and checked (systemd.time(7)).";
      };
      keep = mkOption {
        type = types.attrsOf types.ints.positive;
        default = {
          daily = 7;
          weekly = 4;
        };
        example = {
          daily = 14;
          monthly = 6;
        };
        description = "How many backups of each period are kept.";
      };
    };
  };
}
