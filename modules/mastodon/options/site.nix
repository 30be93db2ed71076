# What visitors read, and the first account.
{ lib, ... }:
let
  inherit (lib) mkOption types;

  owner = {
    name = mkOption {
      type = types.strMatching "[a-zA-Z0-9_]{1,30}";
      example = "chris";
      description = "The account's name, before the domain in its handle.";
    };
    email = mkOption {
      type = types.strMatching "[^@[:space:]]+@[^@[:space:]]+";
      example = "chris@example.coop";
      description = "The address that its owner logs in with.";
    };
  };
in
{
  options = {
    owner = mkOption {
      type = types.nullOr (types.submodule { options = owner; });
      default = null;
      example = {
        name = "chris";
        email = "chris@example.coop";
      };
      description = "The first account, with the role of Owner. It is made once, while no account has that role, and `coop-owner-<name>` on the host prints a link to set its password. A later change here changes nothing.";
    };

    site = {
      title = mkOption {
        type = types.nullOr types.singleLineStr;
        default = null;
        example = "social.example.coop";
        description = "The server's name. What is null or empty here and below stays as administrators set it in the web interface.";
      };
      description = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "For the members of Example Co-operative.";
        description = "What the server is, in a sentence or two.";
      };
      languages = mkOption {
        type = types.listOf (types.strMatching "[a-z]{2,3}(-[A-Z][a-zA-Z]+)?");
        default = [ ];
        example = [ "en" ];
        description = "The server's languages. Mastodon knows one, for visitors whose browser asks for none that it has: the first.";
      };
      rules = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "Be kind." ];
        description = "The rules that people agree to when they sign up, in this order. The first line of each is the rule, what follows is its explanation.";
      };
      privacy = mkOption {
        type = types.nullOr types.path;
        default = null;
        example = lib.literalExpression "./texts/privacy.md";
        description = "The privacy policy, in Markdown.";
      };
    };
  };
}
