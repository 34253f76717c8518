SELECT approx_count_distinct(client) AS clients FROM web
