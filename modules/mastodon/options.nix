# The options of `coop.mastodon.<name>`: what an instance is. No configuration is made here.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  domain = types.strMatching "[a-z0-9]([a-z0-9.-]*[a-z0-9])?";
  # Values reach a file that a shell reads as root, and systemd units that expand `%`.
  plain = types.strMatching "[^\"$%`\\\n]*";

  secret = types.strMatching "[a-zA-Z0-9._-]+";

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

  staging = {
    of = mkOption {
      type = types.str;
      example = "social";
      description = "Name of the instance that it copies, on this host or on another.";
    };
    repository = mkOption {
      type = types.singleLineStr;
      example = "sftp:coop@store.example:/coop";
      description = "The restic repository that the other instance backs up to.";
    };
    passwordSecret = mkOption {
      type = secret;
      example = "restic";
      description = "Secret with that repository's password.";
    };
    at = mkOption {
      type = types.singleLineStr;
      example = "Mon 05:00";
      description = "When the latest backup replaces what is in the copy (systemd.time(7)).";
    };
    htpasswdSecret = mkOption {
      type = secret;
      example = "copy-htpasswd";
      description = "Secret with the names and passwords that open the copy, as `htpasswd -B` makes them.";
    };
  };

  allowList = who: {
    domains = mkOption {
      type = types.listOf domain;
      default = [ ];
      example = [ "example.coop" ];
      description = "E-mail domains whose people may ${who}.";
    };
    anyone = mkOption {
      type = types.bool;
      default = false;
      description = "Whether everybody may ${who}.";
    };
  };

  instance =
    { name, config, ... }:
    {
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
          description = "What may happen to it: production demands backups and operators, development is not indexed and may be wiped.";
        };
        memoryGb = mkOption {
          type = types.ints.positive;
          default = 4;
          description = "Memory that its container may use, in GiB.";
        };
        container = {
          name = mkOption {
            type = types.strMatching "[a-z0-9-]{1,11}";
            default = name;
            defaultText = lib.literalMD "the instance's name";
            description = "The container's name. Its state lies under this name, so it can never be changed.";
          };
          hostAddress = mkOption {
            type = types.str;
            example = "10.233.0.5";
            description = "The host's address on the private link.";
          };
          localAddress = mkOption {
            type = types.str;
            example = "10.233.0.6";
            description = "The container's own address.";
          };
          uid = mkOption {
            type = types.ints.between 400 999;
            default = 900;
            description = "User id of Mastodon inside the container, fixed so that restored files have the right owner.";
          };
          stateVersion = mkOption {
            type = types.strMatching "[0-9]{2}\\.(05|11)";
            example = "26.05";
            description = "The release whose ways of keeping state the container follows.";
          };
          postgresql = mkOption {
            type = types.ints.between 14 99;
            example = 17;
            description = "PostgreSQL's major version.";
          };
        };
        signup = {
          join = allowList "join at once";
          apply = allowList "ask, and wait for a moderator";
          subdomains = mkOption {
            type = types.bool;
            default = true;
            description = "Whether a listed domain stands for its subdomains. Mastodon's own list always does: `false` is refused where the list alone decides.";
          };
          invites = mkOption {
            type = types.bool;
            default = false;
            description = "Whether people may invite others. A valid invitation bypasses every list.";
          };
        };
        federation = {
          mode = mkOption {
            type = types.enum [
              "open"
              "limited"
            ];
            default = if config.stage == "production" then "open" else "limited";
            defaultText = lib.literalExpression ''if stage == "production" then "open" else "limited"'';
            description = "Whether it talks to every server that is not blocked, or to allowed ones only.";
          };
          policy = mkOption {
            type = types.nullOr types.path;
            default = null;
            example = lib.literalExpression "./policy/social.json";
            description = "The federation policy: a JSON object with lists `blocks` and `allows`.";
          };
          authorizedFetch = mkOption {
            type = types.bool;
            default = true;
            description = "Whether other servers must sign what they fetch, so that blocks hold for reading too.";
          };
        };
        cache.keepDays = mkOption {
          type = types.ints.positive;
          default = 14;
          description = "Days that other servers' media are kept.";
        };
        cache.budgetGb = mkOption {
          type = types.nullOr types.ints.positive;
          default = null;
          example = 40;
          description = "Size of other servers' media in GiB above which pruning gets stricter. On disk a file system a tenth larger is their hard limit.";
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
          drill = mkOption {
            type = types.nullOr types.singleLineStr;
            default = "weekly";
            example = "Sat 05:00";
            description = "When the latest backup is restored into a scratch database and checked (systemd.time(7)).";
          };
          at = mkOption {
            type = types.singleLineStr;
            default = "02:15";
            description = "When to back up (systemd.time(7)).";
          };
          keep = mkOption {
            type = types.attrsOf types.ints.positive;
            default = {
              daily = 7;
              weekly = 4;
            };
            description = "How many backups of each period are kept.";
          };
        };
        media.bucket = mkOption {
          type = types.nullOr (types.submodule { options = bucket; });
          default = null;
          description = "The S3 bucket that keeps its media. Without one they are on the host's disk.";
        };
        staging = mkOption {
          type = types.nullOr (types.submodule { options = staging; });
          default = null;
          description = "What it is a sealed copy of, restored on a calendar.";
        };
        mail = {
          fromAddress = mkOption {
            type = plain;
            default = "notifications@${config.domain}";
            defaultText = lib.literalMD "`notifications@«domain»`";
            description = "Sender of its mail.";
          };
          host = mkOption {
            type = types.nullOr plain;
            default = null;
            example = "smtp.example.coop";
            description = "The relay. Without one a local Postfix delivers.";
          };
          port = mkOption {
            type = types.port;
            default = 587;
            description = "The relay's port.";
          };
          user = mkOption {
            type = types.nullOr plain;
            default = null;
            description = "Name to log in to the relay with.";
          };
          passwordFile = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "/var/lib/coop/secrets/relay";
            description = "File on the host with the relay's password, of letters and digits only.";
          };
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
    description = "Mastodon instances on this host, by name.";
  };
}
