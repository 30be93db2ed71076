# A block appears, changes and is retracted as its declaration does; a moderator's own block survives
# all of it, and one that is declared later as well.
{ pkgs }:
let
  block =
    domain: severity: more:
    { inherit domain severity; } // more;
  policy =
    blocks:
    pkgs.writeText "policy.json" (
      builtins.toJSON {
        inherit blocks;
        allows = [ ];
      }
    );
  # A specialisation's policy comes before the machine's own.
  with' =
    priority: blocks:
    { lib, ... }:
    {
      coop.mastodon.social.federation.policy = lib.mkOverride priority (policy blocks);
    };
in
pkgs.testers.runNixOSTest {
  name = "coop-policy";
  nodes.machine =
    { lib, ... }:
    {
      imports = [
        ./example-host.nix
        ./without-internet.nix
        (with' 60 [
          (block "spam.example" "suspend" {
            reason = "Unsolicited mentions";
            reject_reports = true;
          })
          (block "loud.example" "silence" { reject_media = true; })
        ])
      ];
      coop.mastodon.social = {
        stage = lib.mkForce "development";
        federation.mode = "open";
        backup.repository = lib.mkForce null;
      };
      specialisation = {
        changed.configuration = with' 50 [
          (block "spam.example" "silence" {
            reason = "They mend their ways";
            obfuscate = true;
          })
          (block "new.example" "suspend" { })
          (block "own.example" "suspend" { })
        ];
        retracted.configuration = with' 50 [ ];
      };
    };

  testScript = ''
    def sql(query: str) -> str:
        return machine.succeed(
            f"nixos-container run social -- runuser -u mastodon -- psql -At -c \"{query}\" mastodon"
        ).strip()


    def block(domain: str) -> str:
        columns = "severity, reject_media, reject_reports, obfuscate, public_comment"
        return sql(f"select {columns} from domain_blocks where domain = '{domain}'")


    def wait_for_policy() -> None:
        machine.wait_for_unit("container@social.service")
        machine.wait_until_succeeds("curl --fail https://social.example.coop/api/v2/instance", timeout=900)
        machine.succeed("systemctl -M social restart coop-reconcile.service", timeout=300)


    def switch(name: str) -> None:
        machine.succeed(f"{base}/specialisation/{name}/bin/switch-to-configuration test", timeout=900)
        machine.wait_for_unit("coop-rollout.service", timeout=900)
        wait_for_policy()


    base = machine.succeed("readlink --canonicalize /run/current-system").strip()
    wait_for_policy()

    with subtest("declared blocks appear, with all that is said of them"):
        assert block("spam.example") == "1|f|t|f|Unsolicited mentions", block("spam.example")
        assert block("loud.example").startswith("0|t|f|f|"), block("loud.example")

    with subtest("moderators block on their own"):
        sql(
            "insert into domain_blocks (domain, severity, private_comment, created_at, updated_at)"
            " values ('own.example', 0, 'ours', now(), now())"
        )
        mark = sql("select created_at from domain_blocks where domain = 'spam.example'")

    switch("changed")

    with subtest("a changed declaration changes the block in place"):
        assert block("spam.example") == "0|f|f|t|They mend their ways", block("spam.example")
        assert sql("select created_at from domain_blocks where domain = 'spam.example'") == mark

    with subtest("a new one appears, and one that is declared no more is gone"):
        assert block("new.example").startswith("1|"), block("new.example")
        assert block("loud.example") == ""

    with subtest("the moderators' block is theirs, even where the declaration differs"):
        assert block("own.example").startswith("0|"), block("own.example")
        assert sql("select private_comment from domain_blocks where domain = 'own.example'") == "ours"

    with subtest("a change by hand is noticed, and undone"):
        sql("update domain_blocks set severity = 0 where domain = 'new.example'")
        machine.succeed("systemctl -M social restart coop-reconcile.service", timeout=300)
        assert block("new.example").startswith("1|"), block("new.example")
        machine.succeed("journalctl -M social -u coop-reconcile --output=cat | grep -F 'changed by hand'")

    switch("retracted")

    with subtest("everything of coop's is retracted, and nothing of the moderators'"):
        assert sql("select string_agg(domain, ' ') from domain_blocks") == "own.example"
  '';
}
