# Kinds of text that several options take.
{ lib }:
let
  inherit (lib) types;
in
{
  domain = types.strMatching "[a-z0-9]([a-z0-9.-]*[a-z0-9])?";
  # Values reach a file that a shell reads as root, and systemd units that expand `%`.
  plain = types.strMatching "[^\"$%`\\\n]*";
  # The name of a secret; coop.secrets says where it lies.
  secret = types.strMatching "[a-zA-Z0-9._-]+";
  calendar = types.singleLineStr;
}
