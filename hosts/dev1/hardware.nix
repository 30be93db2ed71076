# The machine itself: how it boots, its disks, its network. This file is yours. coop wrote it once, as
# a start for a virtual machine, and never changes it: replace it by what
# `nixos-generate-config --show-hardware-config` prints there.
{ modulesPath, ... }:
{
  imports = [ (modulesPath + "/profiles/qemu-guest.nix") ];

  boot.loader.grub.device = "/dev/vda";

  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };
}
