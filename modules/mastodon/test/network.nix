# What a test has instead of the internet: addresses, a name server, a certificate authority.
{ pkgs }:
let
  inherit (pkgs) lib;
in
rec {
  # Documentation's addresses: private networks are closed to containers.
  network = "198.51.100.0/24";
  addressOf = last: "198.51.100.${toString last}";
  nameServer = addressOf 53;

  at = last: {
    networking.interfaces.eth1.ipv4.addresses = lib.mkForce [
      {
        address = addressOf last;
        prefixLength = 24;
      }
    ];
  };

  # A node that knows an address for every name: `known`, or its own. Addresses of people are
  # written to at domains that exist.
  names =
    {
      known ? { },
    }:
    {
      imports = [ (at 53) ];
      services.dnsmasq = {
        enable = true;
        resolveLocalQueries = false;
        settings = {
          no-resolv = true;
          address = lib.mapAttrsToList (name: address: "/${name}/${address}") known ++ [
            "/#/${nameServer}"
          ];
        };
      };
      networking.firewall.allowedUDPPorts = [ 53 ];
      networking.firewall.allowedTCPPorts = [ 53 ];
    };

  # An authority of the test's own, and one certificate for all its sites.
  certificate =
    domains:
    pkgs.runCommand "certificate" { nativeBuildInputs = [ pkgs.openssl ]; } ''
      mkdir $out
      openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj "/CN=Authority of a test" \
        -keyout authority-key.pem -out $out/authority.pem
      openssl req -newkey rsa:2048 -nodes -subj /CN=site -keyout $out/key.pem -out request.pem
      echo subjectAltName=${lib.concatMapStringsSep "," (domain: "DNS:${domain}") domains} >names
      openssl x509 -req -in request.pem -CA $out/authority.pem -CAkey authority-key.pem \
        -CAcreateserial -days 36500 -extfile names -out $out/cert.pem
    '';

  # The sites of a machine, with such a certificate, reached on the machine itself by their names.
  serve = certificate: domains: {
    services.nginx.virtualHosts = lib.genAttrs domains (_: {
      enableACME = lib.mkForce false;
      sslCertificate = "${certificate}/cert.pem";
      sslCertificateKey = "${certificate}/key.pem";
    });
    security.pki.certificateFiles = [ "${certificate}/authority.pem" ];
    networking.hosts."127.0.0.1" = domains;
  };

  machine.virtualisation = {
    memorySize = 4096;
    cores = 2;
    diskSize = 12288;
  };
}
