# What sign-up comes to in Mastodon's terms: a mode of registration, an allow list, whom to approve.
{ lib }:
signup:
let
  inherit (signup) join apply;
  listed = list: list.domains ++ list.domainsWithSubdomains;
  asks = apply.anyone || listed apply != [ ];
in
rec {
  # Mastodon's list takes whole trees, and under approval it refuses everybody who is not in it.
  # So exact domains are for the timer that approves, and the list for everybody who may ask.
  mode =
    if join.anyone then
      "open"
    else if join.domains != [ ] || asks then
      "approved"
    else if join.domainsWithSubdomains != [ ] then
      "open"
    else
      "none";

  allowList = lib.optionals (!join.anyone && !apply.anyone) (
    lib.unique (listed join ++ listed apply)
  );

  approves = mode == "approved" && listed join != [ ];
}
