# Debian packages of the metal flavour alone: firmware of network cards and disk controllers.
firmware-bnx2
firmware-bnx2x
firmware-cavium
firmware-misc-nonfree
firmware-qlogic
firmware-realtek
