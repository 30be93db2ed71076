# The life of a declared block: it appears, changes and is retracted, with all that it says, and what
# moderators do by hand stays theirs. Then the server talks to allowed ones only.
{ pkgs }:
let
  policy =
    name: blocks: allows:
    pkgs.writeText "${name}.json" (builtins.toJSON { inherit blocks allows; });
  spam = {
    domain = "spam.example";
    severity = "suspend";
    reject_media = true;
    reject_reports = true;
    obfuscate = true;
    ground = "spam";
    reason = "Unsolicited mentions";
    note = "5,000 on 2 October";
    since = "2026-10-03";
    review = "2027-04-03";
  };
  flood = {
    domain = "flood.example";
    severity = "silence";
    ground = "attack";
    reason = "Floods of follow requests";
  };
in
pkgs.testers.runNixOSTest {
  name = "coop-federation-policy";
  nodes.machine =
    { lib, ... }:
    let
      federation = mode: file: {
        coop.mastodon.social.federation = {
          mode = lib.mkForce mode;
          policy = lib.mkForce file;
        };
      };
    in
    {
      imports = [
        ./example-host.nix
        ./without-internet.nix
      ];
      coop.mastodon.social = {
        stage = "development";
        federation.mode = "open";
        # Before the example's, and after what a specialisation says.
        federation.policy = lib.mkOverride 60 (
          policy "first"
            [
              spam
              flood
            ]
            [ ]
        );
        backup.repository = lib.mkForce null;
      };
      specialisation = {
        # One block is milder and no longer hides the name, the other is gone, and one is declared that
        # moderators have made on their own.
        changed.configuration = federation "open" (
          policy "changed"
            [
              (
                spam
                // {
                  severity = "silence";
                  reject_reports = false;
                  obfuscate = false;
                  reason = "They have promised to stop";
                }
              )
              {
                domain = "own.example";
                severity = "suspend";
                ground = "abuse";
              }
            ]
            [ ]
        );
        limited.configuration = federation "limited" (
          policy "limited" [ ] [ { domain = "friend.example"; } ]
        );
      };
    };

  testScript = ''
    ${builtins.readFile ../../modules/mastodon/test/client.py}

    site = Site(machine, "social", "social.example.coop")


    def block(domain: str) -> str:
        """Severity, what is rejected, whether the name is hidden, and the public reason."""
        return site.sql(
            "select severity, reject_media, reject_reports, obfuscate, public_comment"
            f" from domain_blocks where domain = '{domain}'"
        )


    def deploy(configuration: str) -> None:
        """Switches to another configuration; containers that changed restart on their own."""
        machine.succeed(f"/run/booted-system/specialisation/{configuration}/bin/switch-to-configuration test")
        site.wait()


    def shown() -> dict[str, str]:
        """What the page about the server tells everybody: names and reasons."""
        return {entry["domain"]: entry["comment"] for entry in site.get("/api/v1/instance/domain_blocks")}


    site.wait()

    with subtest("declared blocks appear, with all that they say"):
        assert block("spam.example") == "1|t|t|t|Unsolicited mentions", block("spam.example")
        assert block("flood.example") == "0|f|f|f|Floods of follow requests", block("flood.example")
        private = site.sql("select private_comment from domain_blocks where domain = 'spam.example'")
        for part in ["5,000 on 2 October", "spam", "2026-10-03", "2027-04-03"]:
            assert part in private, private

    with subtest("everybody may read why, and a name that is hidden stays hidden"):
        assert shown()["flood.example"] == "Floods of follow requests"
        assert "spam.example" not in shown()
        assert "Unsolicited mentions" in shown().values()

    with subtest("a moderator's own block stays as it is"):
        site.sql(
            "insert into domain_blocks (domain, severity, created_at, updated_at)"
            " values ('own.example', 0, now(), now())"
        )
        site.unit("restart", "coop-reconcile")
        assert block("own.example").startswith("0|")

    with subtest("a second run changes nothing"):
        made = site.sql("select max(updated_at) from domain_blocks")
        site.unit("restart", "coop-reconcile")
        assert site.sql("select max(updated_at) from domain_blocks") == made

    with subtest("what somebody changes by hand is put back, and reported"):
        site.sql("update domain_blocks set reject_media = false where domain = 'spam.example'")
        site.unit("restart", "coop-reconcile")
        assert block("spam.example") == "1|t|t|t|Unsolicited mentions"
        site.inside("journalctl -u coop-reconcile --grep 'drift: spam.example: reject_media'")

    made = site.sql("select id, created_at from domain_blocks where domain = 'spam.example'")

    with subtest("a block changes in place"):
        deploy("changed")
        assert block("spam.example") == "0|t|f|f|They have promised to stop", block("spam.example")
        assert site.sql("select id, created_at from domain_blocks where domain = 'spam.example'") == made

    with subtest("one that is no longer declared is retracted"):
        assert block("flood.example") == ""

    with subtest("a moderator's own block stays theirs, even where the declaration differs"):
        assert block("own.example").startswith("0|")

    with subtest("a server of limited federation knows the allowed ones, and talks to nobody else"):
        deploy("limited")
        assert block("spam.example") == ""
        assert site.sql("select domain from domain_allows") == "friend.example"
        assert block("own.example").startswith("0|")
        # Its public posts are for people who are logged in.
        machine.fail("curl --silent --fail https://social.example.coop/api/v1/timelines/public")
        machine.succeed("systemctl -M social show mastodon-web -P Environment | grep -F LIMITED_FEDERATION_MODE=true")
  '';
}
