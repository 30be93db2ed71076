# A container instance answers under its own domain; a declared block appears and a moderator's own
# block survives.
{ pkgs }:
pkgs.testers.runNixOSTest {
  name = "coop-mastodon-container";
  nodes.machine =
    { lib, ... }:
    {
      imports = [ ./example-host.nix ];
      virtualisation = {
        memorySize = 4096;
        cores = 2;
        diskSize = 8192;
      };
      coop.mastodon.social = {
        stage = lib.mkForce "development";
        memoryGb = lib.mkForce 3;
        federation.mode = "open";
        backup.repository = lib.mkForce null;
        mail = {
          host = lib.mkForce null;
          user = lib.mkForce null;
          passwordSecret = lib.mkForce null;
        };
      };
      # No certificate authority is in reach of this machine.
      services.nginx.virtualHosts = lib.genAttrs [ "example.coop" "social.example.coop" ] (_: {
        enableACME = lib.mkForce false;
        forceSSL = lib.mkForce false;
      });
      security.acme.defaults.server = "https://acme.invalid/directory";
    };

  testScript = ''
    machine.wait_for_unit("container@social.service")
    machine.wait_until_succeeds("systemctl -M social is-active mastodon-web.service", timeout=900)

    with subtest("it answers under its own domain"):
        machine.wait_until_succeeds(
            "curl --fail -H 'Host: social.example.coop' http://127.0.0.1/api/v2/instance", timeout=300
        )
        machine.succeed(
            "curl -s -o /dev/null -w '%{redirect_url}' -H 'Host: example.coop' "
            "'http://127.0.0.1/.well-known/webfinger?resource=x' | grep -F https://social.example.coop/"
        )

    def sql(query: str) -> str:
        return machine.succeed(
            "nixos-container run social -- runuser -u mastodon -- "
            f"psql -At -c \"{query}\" mastodon"
        ).strip()

    def reconcile() -> None:
        machine.succeed("systemctl -M social restart coop-reconcile.service")

    with subtest("a declared block appears"):
        machine.wait_until_succeeds("systemctl -M social show coop-reconcile.service | grep -F Result=success")
        reconcile()
        assert sql("select severity from domain_blocks where domain = 'spam.example'") == "1"

    with subtest("a moderator's own block survives"):
        sql("insert into domain_blocks (domain, severity, created_at, updated_at) values ('own.example', 0, now(), now())")
        reconcile()
        assert sql("select severity from domain_blocks where domain = 'own.example'") == "0"
  '';
}
