using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Minutebook.Benchmarks.EventReading).Assembly).Run(args);
