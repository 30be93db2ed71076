# Who is let in, who waits, who is refused; and each hole of Mastodon's lists, as it is documented.
{ pkgs }:
let
  example = (import ./example-host.nix).coop;
in
import ../../modules/mastodon/test.nix {
  inherit pkgs;
  name = "social";
  host.coop = example // {
    mastodon.social =
      removeAttrs example.mastodon.social [
        "backup"
        "owner"
      ]
      // {
        stage = "development";
        federation.mode = "open";
      };
  };
  promises = {
    joins = [
      "ann@example.coop"
      "ben@members.example"
    ];
    # Mastodon's list lets addresses below a listed domain through: they wait.
    applies = [ "eve@students.members.example" ];
    refused = [ "mallory@stranger.example" ];
    blocked = [ ];
  };
  more = ''
    with subtest("an invitation that somebody still has is ended, and bypasses no list"):
        sql(
            "insert into invites (user_id, code, created_at, updated_at)"
            " select id, 'bypass', now(), now() from users where email = 'ann@example.coop'"
        )
        unit("restart", "coop-reconcile")
        assert sql("select expires_at <= now() from invites where code = 'bypass'") == "t"
        status, _ = post(
            "/api/v1/accounts",
            token,
            username="invited",
            email="invited@stranger.example",
            password="correct horse battery",
            agreement="true",
            locale="en",
            invite_code="bypass",
        )
        assert status in (403, 404, 422), status

    with subtest("nobody who joined may invite"):
        roles = sql("select string_agg(name, ' ') from user_roles where permissions & 65536 <> 0 and name <> 'Owner'")
        assert roles == "", roles

    with subtest("who is in cannot move to an address that is not listed, as single sign-on would"):
        machine.fail(
            f"nixos-container run {CONTAINER} -- mastodon-tootctl accounts modify joins0 --email=ann@stranger.example"
        )
        assert sql("select email from users where email like 'ann@%'") == "ann@example.coop"
  '';
}
