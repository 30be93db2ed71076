# Two instances on two hosts: bob follows ann by her handle, and reads what she posts.
{ pkgs }:
let
  inherit (pkgs) lib;

  # One authority that both hosts and both containers trust.
  certificates = pkgs.runCommand "certificates" { nativeBuildInputs = [ pkgs.openssl ]; } ''
    mkdir $out
    openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=authority \
      -addext basicConstraints=critical,CA:TRUE -keyout authority.key -out $out/authority.pem
    for domain in one.example two.example; do
      openssl req -newkey rsa:2048 -nodes -subj "/CN=$domain" \
        -keyout "$out/$domain.key" -out "$domain.csr"
      openssl x509 -req -in "$domain.csr" -CA $out/authority.pem -CAkey authority.key -days 36500 \
        -extfile <(echo "subjectAltName=DNS:$domain") -out "$out/$domain.pem"
    done
  '';
  trusted = {
    security.pki.certificateFiles = [ "${certificates}/authority.pem" ];
  };

  # Containers may not reach private networks, and Mastodon takes those for documentation as such.
  network = "198.51.100";
  address = last: {
    networking.interfaces.eth1.ipv4.addresses = lib.mkForce [
      {
        address = "${network}.${toString last}";
        prefixLength = 24;
      }
    ];
  };

  host =
    domain: last:
    { lib, ... }:
    {
      imports = [
        ../../modules
        (address last)
        trusted
      ];
      virtualisation = {
        memorySize = 4096;
        cores = 2;
        diskSize = 8192;
      };
      environment.systemPackages = [ pkgs.jq ];
      services.nginx.virtualHosts.${domain} = {
        enableACME = lib.mkForce false;
        sslCertificate = "${certificates}/${domain}.pem";
        sslCertificateKey = "${certificates}/${domain}.key";
      };
      coop.host = {
        name = lib.head (lib.splitString "." domain);
        contact = "support@${domain}";
        stateVersion = "26.05";
        nameServers = [ "${network}.53" ];
      };
      coop.mastodon.social = {
        inherit domain;
        stage = "development";
        memoryGb = 3;
        container = {
          hostAddress = "10.233.0.5";
          localAddress = "10.233.0.6";
          stateVersion = "26.05";
          postgresql = 17;
        };
        signup.join.domains = [ domain ];
        federation = {
          mode = "open";
          authorizedFetch = true;
        };
        cache.budgetGb = null;
        extraModules = [
          trusted
          { services.mastodon.extraConfig.ALLOWED_PRIVATE_ADDRESSES = "${network}.0/24"; }
        ];
      };
    };
in
pkgs.testers.runNixOSTest {
  name = "coop-federation";
  nodes = {
    names = {
      imports = [ (address 53) ];
      services.dnsmasq = {
        enable = true;
        resolveLocalQueries = false;
        settings = {
          no-resolv = true;
          address = [
            "/one.example/${network}.11"
            "/two.example/${network}.12"
          ];
        };
      };
      networking.firewall = {
        allowedUDPPorts = [ 53 ];
        allowedTCPPorts = [ 53 ];
      };
    };
    one = host "one.example" 11;
    two = host "two.example" 12;
  };

  testScript = ''
    import json
    import shlex
    import typing


    def person(machine: "QemuMachine", name: str, domain: str) -> None:
        """Makes an account, and a token that is called like it."""
        machine.succeed(
            f"nixos-container run social -- mastodon-tootctl accounts create {name}"
            f" --email={name}@{domain} --confirmed --approve"
        )
        query = (
            "insert into oauth_access_tokens (token, scopes, created_at, resource_owner_id)"
            f" select '{name}', 'read write follow', now(), id from users where email = '{name}@{domain}'"
        )
        machine.succeed(
            f"nixos-container run social -- runuser -u mastodon -- psql -c {shlex.quote(query)} mastodon"
        )


    def ask(machine: "QemuMachine", name: str, url: str, *words: str) -> typing.Any:
        options = " ".join(shlex.quote(word) for word in words)
        return json.loads(
            machine.succeed(f"curl --silent --show-error --fail --header 'Authorization: Bearer {name}' {options} '{url}'")
        )


    names.wait_for_unit("dnsmasq.service")
    for machine, domain in [(one, "one.example"), (two, "two.example")]:
        machine.wait_for_unit("container@social.service")
        machine.wait_until_succeeds(f"curl --fail https://{domain}/api/v2/instance", timeout=900)

    person(one, "ann", "one.example")
    person(two, "bob", "two.example")

    with subtest("bob finds ann by her handle, and follows her"):
        search = "https://two.example/api/v2/search?type=accounts&resolve=true&q=@ann@one.example"
        two.wait_until_succeeds(
            f"curl --silent --header 'Authorization: Bearer bob' '{search}' | jq --exit-status '.accounts[0].id'",
            timeout=120,
        )
        ann = ask(two, "bob", search)["accounts"][0]["id"]
        ask(two, "bob", f"https://two.example/api/v1/accounts/{ann}/follow", "--request", "POST")
        two.wait_until_succeeds(
            f"curl --silent --header 'Authorization: Bearer bob' 'https://two.example/api/v1/accounts/relationships?id[]={ann}'"
            " --globoff | jq --exit-status '.[0].following'",
            timeout=120,
        )

    with subtest("what ann posts, bob reads"):
        ask(one, "ann", "https://one.example/api/v1/statuses", "--data-urlencode", "status=Hello from one")
        two.wait_until_succeeds(
            "curl --silent --header 'Authorization: Bearer bob' https://two.example/api/v1/timelines/home"
            " | grep -F 'Hello from one'",
            timeout=120,
        )

    with subtest("bob's answer comes back to ann"):
        status = ask(two, "bob", "https://two.example/api/v1/timelines/home")[0]["id"]
        ask(
            two, "bob", "https://two.example/api/v1/statuses",
            "--data-urlencode", "status=@ann@one.example hello from two", "--data", f"in_reply_to_id={status}",
        )
        one.wait_until_succeeds(
            "curl --silent --header 'Authorization: Bearer ann' https://one.example/api/v1/notifications"
            " | grep -F 'hello from two'",
            timeout=120,
        )
  '';
}
