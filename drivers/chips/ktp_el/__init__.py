"""The KTP-el's chip as far as it is public: DF 7F0A, seven files, the photo free, the rest behind a module's keys."""
