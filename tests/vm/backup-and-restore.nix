# An instance is backed up, its machine is lost, and an empty one brings it back: people log in with
# the password they had, and find their posts and pictures.
{ pkgs }:
let
  host =
    { lib, ... }:
    {
      imports = [
        ./example-host.nix
        ./without-internet.nix
      ];
      coop.mastodon.social.backup.repository = lib.mkForce "rest:http://store:8000/";
      environment.systemPackages = [ pkgs.jq ];
    };
in
pkgs.testers.runNixOSTest {
  name = "coop-backup-and-restore";
  nodes = {
    store = {
      services.restic.server = {
        enable = true;
        listenAddress = "0.0.0.0:8000";
        extraFlags = [ "--no-auth" ];
      };
      networking.firewall.allowedTCPPorts = [ 8000 ];
    };
    first = host;
    second = host;
  };

  testScript = ''
    ${builtins.readFile ../../modules/mastodon/test/client.py}

    SITE = "https://social.example.coop"
    before = Site(first, "social", "social.example.coop")
    after = Site(second, "social", "social.example.coop")

    store.start()
    first.start()
    store.wait_for_open_port(8000)
    first.wait_for_unit("container@social.service")

    with subtest("an empty database in production is refused until it is marked as new"):
        first.wait_until_succeeds("systemctl -M social is-failed mastodon-init-db.service", timeout=300)
        first.fail("coop-new-social")
        first.succeed("coop-new-social --yes")
        before.wait()

    with subtest("ann joins and posts a picture"):
        password = before.create("ann", "ann@example.coop")
        authorization = bearer(before.log_in("ann@example.coop", password))
        media = json.loads(
            first.succeed(
                f"curl --fail {authorization} {SITE}/api/v2/media"
                " --form file=@${pkgs.mastodon}/public/avatars/original/missing.png"
            )
        )
        status = json.loads(
            first.succeed(
                f"curl --fail {authorization} {SITE}/api/v1/statuses"
                f" --form status='Before the fire' --form 'media_ids[]={media['id']}'"
            )
        )

    with subtest("it is backed up, and a drill proves it"):
        first.succeed("systemctl start coop-backup-social.service")
        first.succeed("systemctl start coop-drill-social.service")
        first.succeed("grep -F 'coop_drill_success{instance=\"social\"} 1' /var/lib/coop/metrics/drill-social.prom")

    with subtest("the machine is lost"):
        first.crash()

    with subtest("an empty machine waits for the backup"):
        second.start()
        second.wait_for_unit("container@social.service")
        second.wait_until_succeeds("systemctl -M social is-failed mastodon-init-db.service", timeout=300)
        preview = second.fail("coop-restore-social 2>&1")
        assert "example.coop" in preview, preview

    with subtest("and brings it back"):
        second.succeed("coop-restore-social --yes")
        after.wait()
        token = after.log_in("ann@example.coop", password)
        found = after.get(f"/api/v1/statuses/{status['id']}", token)
        assert "Before the fire" in found["content"], found
        second.succeed(f"curl --fail --output /dev/null {found['media_attachments'][0]['url']}")
  '';
}
