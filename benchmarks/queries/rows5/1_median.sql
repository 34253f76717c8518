SELECT status, median(bytes) AS half FROM web GROUP BY ALL ORDER BY status
