# The VM test of one instance of a fleet: it starts with the options that its host gives it, and keeps
# what they promise. What a machine without the internet cannot have is replaced: certificates,
# relays, the place of backups.
{
  pkgs,
  # The instance's name, and its host's module, whose `coop` is plain data.
  name,
  host,
  # `joins`, `applies`, `refused`: addresses; `blocked`: servers.
  promises,
  # Python that is run last, with the functions below at hand.
  more ? "",
}:
let
  inherit (pkgs) lib;
  instance = host.coop.mastodon.${name};
  webDomain = lib.attrByPath [ "webDomain" ] instance.domain instance;
  domains = lib.unique [
    instance.domain
    webDomain
  ];
  certificate = pkgs.runCommand "certificate" { nativeBuildInputs = [ pkgs.openssl ]; } ''
    mkdir $out
    openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=${webDomain} \
      -addext subjectAltName=${lib.concatMapStringsSep "," (domain: "DNS:${domain}") domains} \
      -keyout $out/key.pem -out $out/cert.pem
  '';
  # Outside the private networks, which are closed to containers.
  address = last: {
    networking.interfaces.eth1.ipv4.addresses = lib.mkForce [
      {
        address = "198.51.100.${toString last}";
        prefixLength = 24;
      }
    ];
  };
in
pkgs.testers.runNixOSTest {
  name = "coop-${name}";
  nodes = {
    # Every domain has an address, so that every address of a person can be written to.
    names = {
      imports = [ (address 53) ];
      services.dnsmasq = {
        enable = true;
        resolveLocalQueries = false;
        settings = {
          no-resolv = true;
          address = "/#/198.51.100.53";
        };
      };
      networking.firewall.allowedUDPPorts = [ 53 ];
      networking.firewall.allowedTCPPorts = [ 53 ];
    };

    machine =
      { config, lib, ... }:
      {
        imports = [
          ../.
          (address 10)
        ];
        virtualisation = {
          memorySize = 4096;
          cores = 2;
          diskSize = 12288;
        };
        environment.systemPackages = [ pkgs.jq ];

        services.nginx.virtualHosts = lib.genAttrs domains (_: {
          enableACME = lib.mkForce false;
          sslCertificate = "${certificate}/cert.pem";
          sslCertificateKey = "${certificate}/key.pem";
        });
        security.pki.certificateFiles = [ "${certificate}/cert.pem" ];
        networking.hosts."127.0.0.1" = domains;

        coop.host = host.coop.host // {
          nameServers = [ "198.51.100.53" ];
        };
        coop.mastodon.${name} = lib.mkMerge [
          instance
          {
            memoryGb = lib.mkForce 3;
            cache.budgetGb = lib.mkForce null;
            media.bucket = lib.mkForce null;
            mail.host = lib.mkForce null;
            mail.user = lib.mkForce null;
          }
          (lib.mkIf (instance ? backup) { backup.repository = lib.mkForce "/var/lib/restic"; })
        ];
        systemd.tmpfiles.rules = lib.mkIf (instance ? backup) [
          "d /var/lib/restic 0700 root root -"
          "f ${
            config.coop.secrets.${instance.backup.passwordSecret}.path
              or "/var/lib/coop/secrets/${instance.backup.passwordSecret}"
          } 0600 root root - password"
        ];
      };
  };

  testScript = ''
    import json
    import shlex

    SITE = "https://${webDomain}"
    CONTAINER = "${instance.container.name or name}"
    PROMISES = json.loads(${builtins.toJSON (builtins.toJSON promises)})


    def sql(query: str) -> str:
        inside = f"runuser -u mastodon -- psql -At -c {shlex.quote(query)} mastodon"
        return machine.succeed(f"nixos-container run {CONTAINER} -- {inside}").strip()


    def unit(verb: str, name: str) -> None:
        machine.succeed(f"systemctl -M {CONTAINER} {verb} {name}.service")


    def post(path: str, token: str, **values: str) -> tuple[int, str]:
        """Sends a form, and gives the status and the body of the answer."""
        fields = " ".join(f"--data-urlencode {shlex.quote(f'{key}={value}')}" for key, value in values.items())
        header = f"--header 'Authorization: Bearer {token}'" if token else ""
        answer = machine.succeed(f"curl --silent --write-out '\\n%{{http_code}}' {header} {fields} {SITE}{path}")
        body, _, status = answer.rpartition("\n")
        return int(status), body


    def application() -> str:
        _, body = post("/api/v1/apps", "", client_name="test", redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes="write")
        app = json.loads(body)
        _, body = post(
            "/oauth/token",
            "",
            grant_type="client_credentials",
            client_id=app["client_id"],
            client_secret=app["client_secret"],
            scope="write",
        )
        token = json.loads(body)["access_token"]
        assert isinstance(token, str)
        return token


    def sign_up(token: str, address: str, username: str) -> int:
        status, _ = post(
            "/api/v1/accounts",
            token,
            username=username,
            email=address,
            password="correct horse battery",
            agreement="true",
            locale="en",
            reason="I was told about it",
        )
        return status


    def is_approved(address: str) -> bool:
        return sql(f"select approved from users where email = '{address}'") == "t"


    names.wait_for_unit("dnsmasq.service")
    machine.wait_for_unit(f"container@{CONTAINER}.service")
    ${lib.optionalString (
      (instance.stage or "production") == "production"
    ) ''machine.succeed("coop-new-${name} --yes")''}
    machine.wait_until_succeeds(f"curl --fail {SITE}/api/v2/instance", timeout=900)
    unit("restart", "coop-reconcile")

    token = application()

    with subtest("who may join is let in"):
        for number, address in enumerate(PROMISES["joins"]):
            assert sign_up(token, address, f"joins{number}") == 200, address
            sql(f"update users set confirmed_at = now() where email = '{address}'")
            if not is_approved(address):
                unit("start", "coop-approve")
            assert is_approved(address), address

    with subtest("who may apply waits for a moderator"):
        for number, address in enumerate(PROMISES["applies"]):
            assert sign_up(token, address, f"applies{number}") == 200, address
            sql(f"update users set confirmed_at = now() where email = '{address}'")
            if PROMISES["joins"]:
                unit("start", "coop-approve")
            assert not is_approved(address), address

    with subtest("who may do neither is refused"):
        for number, address in enumerate(PROMISES["refused"]):
            assert sign_up(token, address, f"refused{number}") in (403, 422), address

    with subtest("a blocked server is blocked"):
        for domain in PROMISES["blocked"]:
            assert sql(f"select severity from domain_blocks where domain = '{domain}'") == "1", domain

    with subtest("pruning runs"):
        unit("start", "coop-cache")
    ${lib.optionalString (instance ? backup) ''

      with subtest("a backup is made, and a drill proves it"):
          machine.succeed("systemctl start coop-backup-${name}.service")
          machine.succeed("systemctl start coop-drill-${name}.service")
    ''}
    ${more}'';
}
