# A cache over its budget is pruned until it fits, says so, and cannot grow past its file system;
# own media stay.
{ pkgs }:
pkgs.testers.runNixOSTest {
  name = "coop-cache-budget";
  nodes.machine =
    { lib, ... }:
    {
      imports = [
        ./example-host.nix
        ./without-internet.nix
      ];
      coop.mastodon.social = {
        stage = lib.mkForce "development";
        federation.mode = "open";
        cache.budgetGb = lib.mkForce 1;
        backup.repository = lib.mkForce null;
      };
    };

  testScript = ''
    import shlex

    CACHE = "/var/lib/mastodon/public-system/cache"


    def inside(command: str) -> str:
        return machine.succeed(f"nixos-container run social -- runuser -u mastodon -- sh -c {shlex.quote(command)}")


    def sql(query: str) -> str:
        return machine.succeed(
            f"nixos-container run social -- runuser -u mastodon -- psql -At -c {shlex.quote(query)} mastodon"
        ).strip()


    def attachment(number: int, days: int) -> None:
        """A picture from another server, of 130 MiB, fetched some days ago."""
        folder = f"{CACHE}/media_attachments/files/000/000/{number:03}/original"
        inside(f"mkdir -p {folder} && head -c 136314880 /dev/urandom > {folder}/picture.png")
        sql(
            "insert into media_attachments (id, account_id, remote_url, file_file_name, file_content_type,"
            " file_file_size, file_storage_schema_version, type, created_at, updated_at)"
            f" values ({number}, 1, 'https://far.example/{number}.png', 'picture.png', 'image/png',"
            f" 136314880, 1, 0, now() - interval '{days} days', now())"
        )


    machine.wait_until_succeeds("curl --fail https://social.example.coop/health", timeout=900)

    with subtest("the cache is a file system of its own"):
        size = int(inside(f"df --output=size --block-size=1M {CACHE} | tail -n 1"))
        assert 1000 < size < 1200, size

    with subtest("it fills up"):
        sql(
            "insert into accounts (id, username, domain, created_at, updated_at)"
            " values (1, 'far', 'far.example', now(), now())"
        )
        inside("mkdir -p /var/lib/mastodon/public-system/media_attachments")
        inside("echo own > /var/lib/mastodon/public-system/media_attachments/own.png")
        for number in range(1, 9):
            attachment(number, days=number)

    with subtest("pruning keeps the budget, and says so"):
        machine.succeed("systemctl -M social start coop-cache.service")
        used = int(inside(f"du -sk {CACHE} | cut -f1"))
        assert used <= 1048576, used
        assert used > 0, "pruning took more than it had to"
        machine.succeed("journalctl -M social -u coop-cache --grep 'over its budget'")
        machine.succeed("systemctl start coop-metrics.service")
        machine.succeed(
            "grep -F 'coop_cache_over_budget{instance=\"social\"} 0' /var/lib/coop/metrics/cache-social.prom"
        )

    with subtest("it cannot grow past its file system"):
        inside(f"! head -c 2G /dev/zero > {CACHE}/much")

    with subtest("own media stay"):
        assert inside("cat /var/lib/mastodon/public-system/media_attachments/own.png").strip() == "own"
  '';
}
