"""`python -m logproc.kernels`: compile all kernels ahead, as an image or CI wants, and not at the first run."""

from logproc.kernels.ahead import main

if __name__ == "__main__":
    main()
