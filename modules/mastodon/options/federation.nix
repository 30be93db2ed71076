# Which other servers it talks to.
{ lib, config, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.federation = {
    mode = mkOption {
      type = types.enum [
        "open"
        "limited"
      ];
      default = if config.stage == "production" then "open" else "limited";
      defaultText = lib.literalExpression ''if stage == "production" then "open" else "limited"'';
      example = "limited";
      description = "Whether it talks to every server that is not blocked, or to allowed ones only.";
    };
    policy = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./policy/social.json";
      description = "The federation policy: a JSON object with lists `blocks` and `allows`, applied and retracted in the database. Without one everything that was applied is retracted.";
    };
    authorizedFetch = mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = "Whether other servers must sign what they fetch, so that blocks hold for reading too.";
    };
  };
}
