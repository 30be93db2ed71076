# An older Mastodon does not touch a newer database: neither does the host switch to it, nor does a
# container that starts all the same.
{ pkgs }:
pkgs.testers.runNixOSTest {
  name = "coop-upgrade-guard";
  nodes.machine =
    { lib, ... }:
    {
      imports = [
        ./example-host.nix
        ./without-internet.nix
      ];
      coop.mastodon.social = {
        stage = "development";
        federation.mode = "open";
        backup.repository = lib.mkForce null;
      };
      # Something else to switch to.
      specialisation.other.configuration.environment.etc."other".text = "";
    };

  testScript = ''
    ${builtins.readFile ../../modules/mastodon/test/client.py}

    site = Site(machine, "social", "social.example.coop")
    OTHER = "/run/booted-system/specialisation/other/bin/switch-to-configuration"
    STATE = "/var/lib/nixos-containers/social/var/lib/mastodon"

    site.wait()

    with subtest("with the schema that it knows a host may switch"):
        machine.succeed(f"{OTHER} check")

    with subtest("a newer one is refused before anything is touched"):
        site.sql("insert into schema_migrations (version) values ('29990101000000')")
        machine.succeed(f"echo 29990101000000 > {STATE}/schema-version")
        said = machine.fail(f"{OTHER} test 2>&1")
        assert "social cannot go back" in said, said
        machine.fail("test -e /etc/other")

    with subtest("nor do migrations run if a container starts all the same"):
        machine.succeed("systemctl restart container@social.service")
        machine.wait_until_succeeds("systemctl -M social is-failed mastodon-init-db.service", timeout=300)
        said = site.inside("journalctl -b -u mastodon-init-db")
        assert "it is older" in said, said

    with subtest("when the newer Mastodon is back, all goes on"):
        site.sql("delete from schema_migrations where version = '29990101000000'")
        machine.succeed("systemctl restart container@social.service")
        site.wait()
        machine.succeed(f"grep -Ev '^2999' {STATE}/schema-version")
        machine.succeed(f"{OTHER} check")
  '';
}
