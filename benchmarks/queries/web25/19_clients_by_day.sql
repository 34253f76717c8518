SELECT date_trunc('day', time) AS day, approx_count_distinct(client) AS clients FROM web GROUP BY ALL ORDER BY day
